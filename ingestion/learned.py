"""What a load learns of a file, to judge later files by, and what the earlier ones were like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from psycopg2 import sql

from ingestion.contract import Feed, Layout
from ingestion.receipts import Receipt

TRAILING = timedelta(weeks=8)
# The typical amount is taken from so many stretches of so many records, spread over the file.
STRETCHES, STRETCH = 20, 1000


@dataclass(frozen=True)
class Learned:
    """Facts of one file, read from its stored rows.

    records: the largest record number; median_amount: of the absolute amounts that are not zero in
    a sample, None without any; amounts: how many; members: distinct persons of an eligibility file.
    """

    median_amount: Decimal | None = None
    amounts: int = 0
    members: int | None = None


@dataclass(frozen=True)
class Usual:
    """The payor's files of this feed in the eight weeks up to this one's business date.

    rows: median of the rows taken in, 0 without files; median_amount: median of their medians.
    """

    rows: Decimal
    median_amount: Decimal | None


def amount_column(feed: Feed) -> str | None:
    """The amount that tells a feed's unit: its control column, else its first one."""
    money = [column.name for column in feed.columns if column.type == "money"]
    return feed.control_column or (money[0] if money else None)


def learn(
    cursor: Any, receipt: Receipt, feed: Feed, part: sql.Identifier | None = None, rows: int = 0
) -> Learned:
    """From the rows of a receipt that this transaction has stored.

    part: the table that holds them and nothing else; rows: how many are there.
    """
    name = amount_column(feed)
    if name is None:
        median, amounts = None, 0
    elif part:
        median, amounts = _amount_of_part(cursor, part, name, rows)
    else:
        median, amounts = _typical_amount(cursor, receipt, name)
    members = _members(cursor, receipt) if feed.name == "eligibility" else None
    return Learned(median, amounts, members)


def _amount_of_part(
    cursor: Any, part: sql.Identifier, name: str, rows: int
) -> tuple[Decimal | None, int]:
    """From pages spread over the table: a part has no key by which to find stretches of records."""
    statement = sql.SQL(
        """
        select percentile_disc(0.5) within group (order by abs({amount})), count(*)
        from {part} tablesample system (%s) repeatable (0)
        where {amount} <> 0
        """
    ).format(part=part, amount=sql.Identifier(name))
    cursor.execute(statement, (min(100, 100 * STRETCHES * STRETCH / max(rows, 1)),))
    median, count = cursor.fetchone()
    return median, int(count)


def _table(receipt: Receipt, kind: str = "raw") -> sql.Identifier:
    return sql.Identifier(f"{kind}_{receipt.payor}", receipt.feed)


def _typical_amount(cursor: Any, receipt: Receipt, name: str) -> tuple[Decimal | None, int]:
    statement = sql.SQL(
        """
        with reach as (
            select coalesce(max(record_no), 0) as last
            from {table}
            where receipt_id = %(receipt)s
        )

        select percentile_disc(0.5) within group (order by abs(taken.amount)), count(*)
        from reach
        cross join generate_series(0, reach.last, greatest(reach.last / %(stretches)s, %(stretch)s))
            as start (record_no)
        cross join lateral (
            select sent.{amount} as amount
            from {table} as sent
            where
                sent.receipt_id = %(receipt)s
                and sent.record_no >= start.record_no
                and sent.record_no < start.record_no + %(stretch)s
                and sent.{amount} <> 0
        ) as taken
        """
    ).format(table=_table(receipt), amount=sql.Identifier(name))
    values = {"receipt": receipt.receipt_id, "stretches": STRETCHES, "stretch": STRETCH}
    cursor.execute(statement, values)
    median, count = cursor.fetchone()
    return median, int(count)


def _members(cursor: Any, receipt: Receipt) -> int:
    statement = sql.SQL(
        "select count(distinct coalesce(nullif(member_id, ''), person_id)) from {}"
        " where receipt_id = %s"
    )
    cursor.execute(statement.format(_table(receipt)), (receipt.receipt_id,))
    return int(cursor.fetchone()[0])


def usual(cursor: Any, receipt: Receipt, layout: Layout, enough: int) -> Usual:
    """What the payor's files of this feed are like. enough: amounts that make a median count.

    A layout with a reader holds files of several kinds: only those of the same series are alike.
    """
    cursor.execute(
        """
        select
            coalesce(percentile_cont(0.5) within group (order by accepted), 0),
            percentile_disc(0.5) within group (order by median_amount)
                filter (where amounts >= %s and median_amount > 0)
        from ops.receipt as r
        where
            r.payor_id = %s and r.feed = %s and r.state = 'loaded'
            and r.layout = %s and (r.series_digest = %s or %s)
            and r.business_date between %s and %s
            and not exists (
                select 1 from ops.withdrawn as w
                where w.receipt_id = r.receipt_id and w.first_record = 0
            )
        """,
        (
            enough, receipt.payor, receipt.feed,
            receipt.layout, receipt.series_digest, layout.reader is None,
            receipt.business_date - TRAILING, receipt.business_date,
        ),
    )  # fmt: skip
    rows, median = cursor.fetchone()
    return Usual(Decimal(str(rows)), median)
