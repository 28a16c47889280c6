"""One file, one transaction: rows, quarantine, changes and the receipt's state, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, extras, sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion.contract import Feed, Layout, load_feed, load_layout
from ingestion.copying import copy_records, copy_rows
from ingestion.errors import LoadFailedError, Refused
from ingestion.outcome import Outcome, loaded, plain, without_rows
from ingestion.reader import FileReader, Ledger
from ingestion.receipts import Receipt, loaded_twin, register
from ingestion.source import SourceReader
from ingestion.stream import TextFile
from ingestion.touched import mark_changes


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
        return without_rows(receipt)
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


def _load(conn: Connection, receipt: Receipt) -> Outcome:
    feed, layout = load_feed(receipt.feed), load_layout(receipt.layout)
    file = TextFile(receipt.path, layout.containers, layout.line_limit)
    with conn.cursor() as cursor:
        _claim(cursor, receipt)
        reader, targets = _copy(conn, receipt, file, feed, layout)
        if file.plaintext_sha256 != receipt.plaintext_sha256:
            raise Refused("E-CHANGED", found="changed")
        if isinstance(reader, SourceReader):
            _use_marks(cursor, receipt, reader.marks)
        total = _control_total(cursor, receipt, feed)
        if total is not None:
            reader.verify_total(total)
        _quarantine(cursor, receipt, reader.ledger)
        for target in targets:
            mark_changes(cursor, receipt, load_feed(target))
        _mark_loaded(cursor, receipt, reader.ledger, total, targets)
    return loaded(receipt, reader)


def _copy(
    conn: Connection, receipt: Receipt, file: TextFile, feed: Feed, layout: Layout
) -> tuple[FileReader | SourceReader, list[str]]:
    """The file's rows into the raw tables: what read it, and the feeds it filled."""
    schema = f"raw_{receipt.payor}"
    if layout.reader:
        source = SourceReader(file, layout, feed)
        filled = copy_records(conn, source, schema, receipt.receipt_id)
        # in one order for all loads, so that two of them never wait for each other
        return source, sorted({*filled, feed.name})
    reader = FileReader(file, feed, layout)
    stored = copy_rows(conn, reader, schema, receipt.receipt_id)
    if stored != reader.ledger.accepted:
        # The database skipped a row without a notice we could read: refuse to guess which.
        raise LoadFailedError(receipt.receipt_id, None)
    return reader, [feed.name]


def _use_marks(cursor: Any, receipt: Receipt, marks: list[str]) -> None:
    """Remembers the file's interchange numbers. Raises Refused when one was loaded before."""
    if not marks:
        return
    rows = [(receipt.payor, digest, receipt.receipt_id) for digest in sorted(marks)]
    statement = """
        insert into ops.interchange (payor_id, digest, receipt_id)
        values %s
        on conflict do nothing
        returning digest
    """
    new = extras.execute_values(cursor, statement, rows, page_size=1000, fetch=True)
    if len(new) != len(marks):
        raise Refused("X-DUPCTL", found=f"duplicate({len(marks) - len(new)})")


def _claim(cursor: Any, receipt: Receipt) -> None:
    """Waits for any other load of the same content, then makes sure there was none."""
    key = f"{receipt.payor}/{receipt.feed}/{receipt.plaintext_sha256}"
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    twin = loaded_twin(cursor, receipt)
    if twin is not None:
        raise _AlreadyLoadedError(twin)


def _control_total(cursor: Any, receipt: Receipt, feed: Feed) -> Decimal | None:
    """Sum of the control column over the stored rows, None for feeds without one."""
    if feed.control_column is None:
        return None
    statement = sql.SQL("select coalesce(sum({}), 0) from {} where receipt_id = %s").format(
        sql.Identifier(feed.control_column), _table(receipt)
    )
    cursor.execute(statement, (receipt.receipt_id,))
    return Decimal(cursor.fetchone()[0])


def _table(receipt: Receipt) -> sql.Identifier:
    return sql.Identifier(f"raw_{receipt.payor}", receipt.feed)


def _quarantine(cursor: Any, receipt: Receipt, ledger: Ledger) -> None:
    rows = sorted(ledger.rejected, key=lambda row: row.record_no)
    extras.execute_values(
        cursor,
        "insert into ops.quarantine (payor_id, receipt_id, record_no, code, field) values %s",
        [(receipt.payor, receipt.receipt_id, r.record_no, r.code, r.field) for r in rows],
        page_size=1000,
    )


def _mark_loaded(
    cursor: Any, receipt: Receipt, ledger: Ledger, total: Decimal | None, targets: list[str]
) -> None:
    """control_total: what was stored; with the quarantined amounts it made the sender's total."""
    cursor.execute(
        """
        update ops.receipt
        set
            state = 'loaded',
            code = null,
            lines = %s,
            header_lines = %s,
            trailer_lines = %s,
            blank_lines = %s,
            accepted = %s,
            quarantined = %s,
            skipped = %s,
            control_total = %s,
            targets = %s
        where receipt_id = %s and state = 'received'
        """,
        (
            ledger.lines, ledger.header_lines, ledger.trailer_lines, ledger.blank_lines,
            ledger.accepted, len(ledger.rejected), ledger.skipped.total(), total, ",".join(targets),
            receipt.receipt_id,
        ),
    )  # fmt: skip
    if cursor.rowcount != 1:
        raise LoadFailedError(receipt.receipt_id, None)


def _close(
    conn: Connection,
    receipt: Receipt,
    state: str,
    refusal: Refused | None = None,
    twin: int | None = None,
) -> Outcome:
    """Writes the end of a receipt that stored nothing; keeps the end it has if it has one."""
    if state == "duplicate" and twin == receipt.receipt_id:
        return plain(receipt, "loaded")  # another process loaded this very receipt
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            update ops.receipt
            set state = %s, code = %s, duplicate_of = %s
            where receipt_id = %s and state = 'received'
            """,
            (state, refusal.code if refusal else "I-DUP", twin, receipt.receipt_id),
        )
    return without_rows(replace(receipt, state=state, refusal=refusal, duplicate_of=twin))
