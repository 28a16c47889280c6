"""Why a readable file may have to wait for a steward. Every rule looks at stored facts only."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ingestion.contract import Feed, Layout
from ingestion.errors import Held
from ingestion.learned import Learned, usual
from ingestion.membership import membership_hold
from ingestion.receipts import Receipt
from ingestion.terms import Terms

UNIT_FACTOR = 50
# With fewer amounts than this a median says nothing of the unit.
AMOUNTS_NEEDED = 10


def resent(cursor: Any, receipt: Receipt) -> None:
    """Raises Held H-RESEND for other content under a name and date that are loaded."""
    cursor.execute(
        """
        select r.receipt_id
        from ops.receipt as r
        where
            r.payor_id = %s and r.feed = %s and r.business_date = %s and r.name_digest = %s
            and r.state = 'loaded'
            and r.plaintext_sha256 <> %s
            and not exists (
                select 1 from ops.withdrawn as w
                where w.receipt_id = r.receipt_id and w.first_record = 0
            )
        order by r.receipt_id desc
        limit 1
        """,
        (
            receipt.payor, receipt.feed, receipt.business_date, receipt.name_digest,
            receipt.plaintext_sha256,
        ),
    )  # fmt: skip
    row = cursor.fetchone()
    if row and "H-RESEND" not in receipt.admitted:
        raise Held("H-RESEND", found="changed", earlier=int(row[0]))


def judge(
    cursor: Any,
    receipt: Receipt,
    feed: Feed,
    layout: Layout,
    terms: Terms,
    learned: Learned,
    rows: int,
) -> None:
    """Raises Held for the first reason that no steward has overruled. rows: of the file."""
    for hold in _reasons(cursor, receipt, feed, layout, terms, learned, rows):
        if hold.code not in receipt.admitted:
            raise hold


def _reasons(
    cursor: Any,
    receipt: Receipt,
    feed: Feed,
    layout: Layout,
    terms: Terms,
    learned: Learned,
    rows: int,
) -> Iterator[Held]:
    before = usual(cursor, receipt, layout, AMOUNTS_NEEDED)
    if rows == 0 and before.rows > 0:
        yield Held("W-NOROWS", found="empty")
    if feed.name == "eligibility" and rows:
        hold = membership_hold(cursor, receipt, layout, terms, learned)
        if hold:
            yield hold
    if learned.median_amount and before.median_amount and learned.amounts >= AMOUNTS_NEEDED:
        ratio = learned.median_amount / before.median_amount
        if not Decimal(1) / UNIT_FACTOR < ratio < UNIT_FACTOR:
            yield Held("H-UNIT", found=f"out-of-range({_times(ratio)})")


def _times(ratio: Decimal) -> str:
    """A ratio as whole times, up or down: it says nothing of any amount."""
    return f"{ratio:.0f} times" if ratio >= 1 else f"1/{1 / ratio:.0f}"
