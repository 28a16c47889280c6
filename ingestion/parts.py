"""Large files in tables of their own: rows first, keys when the file is complete.

A part inherits from its feed's raw table, so that whoever reads that table reads its parts too. It
is loaded without any key, which makes a load as fast as a bare COPY; `finish` gives it the keys of
the raw table, names its persons and keeps the number of parts small. A night finishes the parts of
a payor before it reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion.contract import Layout, load_feed
from ingestion.receipts import Receipt
from ingestion.stream import container_of
from ingestion.touched import READ_BY_RECEIPT, Rows, mark_keys, name_persons
from ingestion.vaulted import identifies

# Below this many bytes of plaintext the keys of the raw table cost less than a table of its own.
PART_FROM = 32 << 20
# Claim files compress 5 to 40 times; how large a packed one is need not be known exactly.
PACKED = 8


def wants_part(receipt: Receipt, layout: Layout, columns: Iterable[str]) -> bool:
    """Whether a file is stored in a part: a large one whose lines are rows and name nobody."""
    if layout.reader or identifies(load_feed(receipt.feed), columns):
        return False
    with receipt.path.open("rb") as file:
        is_plain = container_of(file.read(4)) == "plain"
    return receipt.file_bytes * (1 if is_plain else PACKED) >= PART_FROM


def open_part(cursor: Any, receipt: Receipt, columns: list[str]) -> sql.Identifier:
    """A new table for the file's rows, in the load's transaction. Returns its name."""
    cursor.execute(
        "select ops.open_part(%s, %s, %s, %s::text[])",
        (receipt.payor, receipt.feed, receipt.receipt_id, columns),
    )
    return sql.Identifier(f"raw_{receipt.payor}", cursor.fetchone()[0])


def close_part(cursor: Any, receipt: Receipt) -> None:
    """Makes the part one with its raw table. No row can be added to it afterwards."""
    cursor.execute(
        "select ops.close_part(%s, %s, %s)", (receipt.payor, receipt.feed, receipt.receipt_id)
    )


def finish(conn: Connection, payor: str) -> int:
    """Finishes what the loads left, one transaction per part; returns the number of parts.

    Safe to call at any time and from several processes. Raises psycopg2.Error.
    """
    with conn, conn.cursor() as cursor:
        cursor.execute(
            "select feed, part from ops.unfinished_part where payor_id = %s order by 1, 2", (payor,)
        )
        waiting = cursor.fetchall()
    done = sum(_finish(conn, payor, feed, part) for feed, part in waiting)
    for feed in sorted({feed for feed, _ in waiting}):
        _merge(conn, payor, feed)
    return done


def _finish(conn: Connection, payor: str, feed: str, part: str) -> bool:
    """Persons, keyed changes and keys of one part; False when another process was first."""
    with conn, conn.cursor() as cursor:
        _lock(cursor, payor, feed)
        cursor.execute(
            "select 1 from ops.unfinished_part where payor_id = %s and part = %s", (payor, part)
        )
        if cursor.fetchone() is None:
            return False
        contract, receipt_id = load_feed(feed), int(part.rpartition("_")[2])
        rows = Rows(sql.Identifier(f"raw_{payor}", part), payor, receipt_id)
        if contract.introduces_person:
            name_persons(cursor, rows)
        if feed != READ_BY_RECEIPT:
            mark_keys(cursor, rows, contract.change_entity)
        cursor.execute("select ops.finish_part(%s, %s, %s)", (payor, feed, part))
    return True


def _merge(conn: Connection, payor: str, feed: str) -> None:
    with conn, conn.cursor() as cursor:
        _lock(cursor, payor, feed)
        cursor.execute("select ops.merge_parts(%s, %s)", (payor, feed))


def _lock(cursor: Any, payor: str, feed: str) -> None:
    key = f"parts/{payor}/{feed}"
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
