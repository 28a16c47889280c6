"""One file, one transaction: rows, quarantine, changes and the receipt's state, or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, extras, sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion.contract import Feed, load_feed, load_layout
from ingestion.copying import copy_rows
from ingestion.errors import LoadFailedError, Refused
from ingestion.messages import message
from ingestion.reader import FileReader, Ledger
from ingestion.receipts import Receipt, loaded_twin, register
from ingestion.stream import TextFile


@dataclass(frozen=True)
class Outcome:
    """What became of a file. quarantined: code -> rows; messages: fixed template, no values."""

    receipt_id: int
    payor: str
    feed: str
    alias: str
    state: str
    code: str | None = None
    lines: int = 0
    rows: int = 0
    accepted: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    messages: tuple[str, ...] = ()


class _AlreadyLoadedError(Exception):
    """Another receipt holds the same plaintext. twin: its id."""

    def __init__(self, twin: int | None) -> None:
        self.twin = twin
        super().__init__("the same content is loaded")


def receive(
    conn: Connection, payor: str, feed: str, layout: str, path: str | Path, business_date: date
) -> Outcome:
    """Registers a file and loads it. See `register` and `load_receipt` for what is raised."""
    return load_receipt(conn, register(conn, payor, feed, layout, path, business_date))


def load_receipt(conn: Connection, receipt: Receipt) -> Outcome:
    """Loads a received file in one transaction and commits; any other state is only reported.

    A broken rule rolls everything back and leaves a refused receipt. Calling again after a crash,
    or from two processes at once, loads the file once. Raises LoadFailedError (nothing stored).
    """
    if receipt.state != "received":
        return _without_rows(receipt)
    try:
        with conn:
            return _load(conn, receipt)
    except Refused as refusal:
        return _close(conn, receipt, "refused", refusal=refusal)
    except _AlreadyLoadedError as known:
        return _close(conn, receipt, "duplicate", twin=known.twin)
    except errors.UniqueViolation:
        # Lost a race against a process that does not take our lock.
        return _close(conn, receipt, "duplicate")
    except psycopg2.Error as error:
        raise LoadFailedError(receipt.receipt_id, error.pgcode) from None
