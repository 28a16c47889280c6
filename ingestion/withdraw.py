"""Takes stored records out of every figure, and back in; the records themselves stay."""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from ingestion.contract import load_feed
from ingestion.receipts import Receipt
from ingestion.touched import ALL_RECORDS, mark_changes

CODE = "S-WITHDRAWN"


def withdraw(cursor: Any, receipt: Receipt, record_no: int | None = None) -> None:
    """Withdraws one record of a loaded file, or all; again changes nothing. Commits nothing.

    What rested on them is marked with the cause steward.
    """
    first, last = _range(record_no)
    cursor.execute(
        """
        insert into ops.withdrawn (payor_id, receipt_id, first_record, last_record)
        values (%s, %s, %s, %s)
        on conflict do nothing
        """,
        (receipt.payor, receipt.receipt_id, first, last),
    )
    if cursor.rowcount == 0:
        return
    cursor.execute(
        """
        insert into ops.quarantine (payor_id, receipt_id, record_no, code, state)
        values (%s, %s, %s, %s, 'withdrawn')
        """,
        (receipt.payor, receipt.receipt_id, first, CODE),
    )
    _mark(cursor, receipt, (first, last))


def restore(cursor: Any, receipt: Receipt, record_no: int | None = None) -> None:
    """Takes a withdrawal back; where there is none, changes nothing. Commits nothing.

    What will rest on the records again is marked with the cause steward. The mark leaves
    `ops.withdrawn`; that it was there stays in `ops.quarantine` and `ops.steward_action`.
    """
    first, last = _range(record_no)
    cursor.execute(
        """
        delete from ops.withdrawn
        where receipt_id = %s and first_record = %s and last_record = %s
        """,
        (receipt.receipt_id, first, last),
    )
    if cursor.rowcount == 0:
        return
    cursor.execute(
        """
        update ops.quarantine
        set state = 'restored'
        where receipt_id = %s and record_no = %s and code = %s and state = 'withdrawn'
        """,
        (receipt.receipt_id, first, CODE),
    )
    _mark(cursor, receipt, (first, last))


def was_withdrawn(cursor: Any, receipt: Receipt, record_no: int | None = None) -> bool:
    """Whether the file, or this record by itself, is or ever was withdrawn."""
    cursor.execute(
        "select 1 from ops.quarantine where receipt_id = %s and record_no = %s and code = %s",
        (receipt.receipt_id, _range(record_no)[0], CODE),
    )
    return cursor.fetchone() is not None


def other_version(cursor: Any, receipt: Receipt) -> int | None:
    """The loaded file that replaced this one, or was replaced by it, and counts; None if none."""
    cursor.execute(
        """
        select r.receipt_id
        from ops.receipt as r
        where
            r.state = 'loaded'
            and (
                (r.earlier_receipt = %(this)s and r.admitted_as = 'replace')
                or (r.receipt_id = %(earlier)s and %(replaces)s)
            )
            and not exists (
                select 1 from ops.withdrawn as w
                where w.receipt_id = r.receipt_id and w.first_record = 0
            )
        order by r.receipt_id
        limit 1
        """,
        {
            "this": receipt.receipt_id,
            "earlier": receipt.earlier,
            "replaces": receipt.admitted_as == "replace",
        },
    )
    row = cursor.fetchone()
    return int(row[0]) if row else None


def _range(record_no: int | None) -> tuple[int, int]:
    return ALL_RECORDS if record_no is None else (record_no, record_no)


def _mark(cursor: Any, receipt: Receipt, records: tuple[int, int]) -> None:
    for target in targets(cursor, receipt):
        mark_changes(cursor, receipt, load_feed(target), "steward", records)


def targets(cursor: Any, receipt: Receipt) -> list[str]:
    """Feeds that a loaded file filled, in order."""
    cursor.execute(
        "select coalesce(targets, feed) from ops.receipt where receipt_id = %s",
        (receipt.receipt_id,),
    )
    return str(cursor.fetchone()[0]).split(",")


def is_stored(cursor: Any, receipt: Receipt, record_no: int) -> bool:
    """Whether the record stands in any table that the file filled."""
    for target in targets(cursor, receipt):
        statement = sql.SQL("select 1 from {} where receipt_id = %s and record_no = %s limit 1")
        table = sql.Identifier(f"raw_{receipt.payor}", target)
        cursor.execute(statement.format(table), (receipt.receipt_id, record_no))
        if cursor.fetchone():
            return True
    return False
