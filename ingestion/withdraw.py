"""Takes stored records out of every figure; the records themselves stay."""

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
    first, last = ALL_RECORDS if record_no is None else (record_no, record_no)
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
    for target in targets(cursor, receipt):
        mark_changes(cursor, receipt, load_feed(target), "steward", (first, last))


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
