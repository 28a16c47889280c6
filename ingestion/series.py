"""Numbers in file names: whether this file follows the last one of its feed."""

from __future__ import annotations

from typing import Any

from ingestion.receipts import Receipt


def series_warning(cursor: Any, receipt: Receipt) -> str | None:
    """What was found where the sender's numbers leave a gap or go back; None if they do not.

    Numbers start at 1 on every day; nothing is said of a payor's first numbered file.
    """
    here = receipt.numbered
    if here is None:
        return None
    cursor.execute(
        """
        select file_date, max(file_sequence)
        from ops.receipt
        where
            payor_id = %s and feed = %s and receipt_id <> %s
            and state in ('loaded', 'held') and file_date is not null
        group by file_date
        order by file_date desc
        limit 1
        """,
        (receipt.payor, receipt.feed, receipt.receipt_id),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    day, last = row
    if here.day < day or (here.day == day and here.number <= last):
        return "out-of-range"
    expected = last + 1 if here.day == day else 1
    missing = here.number - expected
    return f"missing({missing})" if missing > 0 else None
