"""Eligibility files that would end too many members, or are of another kind than agreed."""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from ingestion.contract import Layout
from ingestion.errors import Held
from ingestion.learned import Learned
from ingestion.receipts import Receipt
from ingestion.terms import Terms

ENDED_LIMIT, MISSING_LIMIT = 0.30, 0.10
# A file that names nearly everybody is a full one, whatever it is called; a small fraction is not.
ALMOST_ALL, FRACTION = 0.90, 0.50
# Shares of fewer members than this are chance.
MEMBERS_NEEDED = 20
FULL, CHANGE = "full", "change"
MEMBER = "coalesce(nullif(member_id, ''), person_id)"


def membership_hold(
    cursor: Any, receipt: Receipt, layout: Layout, terms: Terms, learned: Learned
) -> Held | None:
    """Why an eligibility file must wait: M-RULE, M-MODE or M-DROP; None if it need not."""
    agreed, said = _agreed(layout, terms), _said(cursor, receipt)
    if FULL in (said, agreed) and not _absence(layout, terms):
        return Held("M-RULE", found="missing")
    if agreed and said and said != agreed:
        return Held("M-MODE", found="unknown-code")
    members = learned.members or 0
    if agreed == CHANGE and not said:
        known = _known_members(cursor, receipt)
        if known >= MEMBERS_NEEDED and members >= known * ALMOST_ALL:
            return Held("M-MODE", found=f"out-of-range({_percent(members, known)} %)")
    return _dropped(cursor, receipt, terms, layout, members) if agreed == FULL else None


def _agreed(layout: Layout, terms: Terms) -> str | None:
    if terms.deliveries.eligibility:
        return terms.deliveries.eligibility
    return FULL if layout.absence.get("eligibility") == "ends_coverage" else None


def _absence(layout: Layout, terms: Terms) -> str | None:
    """What absence from a full file was declared to mean, by the payor's file, else the layout.

    A payor that agreed to full files has to say it: the layout's word is about any sender.
    """
    if terms.deliveries.eligibility == FULL:
        return terms.deliveries.absent_members
    return layout.absence.get("eligibility")


def _said(cursor: Any, receipt: Receipt) -> str | None:
    """Whether the file calls itself full or a change file (834: BGN08); None if it says nothing."""
    statement = sql.SQL(
        "select distinct data_source from {} where receipt_id = %s"
        " and data_source in ('834 full', '834 change')"
    )
    cursor.execute(statement.format(_table(receipt)), (receipt.receipt_id,))
    words = {source.removeprefix("834 ") for (source,) in cursor.fetchall()}
    return words.pop() if len(words) == 1 else None


def _dropped(
    cursor: Any, receipt: Receipt, terms: Terms, layout: Layout, members: int
) -> Held | None:
    last = _last_full(cursor, receipt)
    if last is None:
        return None
    earlier, before = last
    if before < MEMBERS_NEEDED:
        return None
    if members < before * FRACTION:
        return Held("M-MODE", found=f"out-of-range({_percent(members, before)} %)")
    covered, ended = _ended(cursor, receipt, earlier, _absence(layout, terms) == "ends_coverage")
    if covered >= MEMBERS_NEEDED and ended >= covered * ENDED_LIMIT:
        return Held("M-DROP", found=f"out-of-range({_percent(ended, covered)} % end)")
    if members <= before * (1 - MISSING_LIMIT):
        gone = _percent(before - members, before)
        return Held("M-DROP", found=f"out-of-range({gone} % fewer)")
    return None


def _last_full(cursor: Any, receipt: Receipt) -> tuple[int, int] | None:
    """(receipt, members) of the payor's newest loaded eligibility file that is not newer."""
    cursor.execute(
        """
        select r.receipt_id, r.members
        from ops.receipt as r
        where
            r.payor_id = %s and r.feed = 'eligibility' and r.state = 'loaded'
            and r.members > 0 and r.business_date <= %s
            and not exists (
                select 1 from ops.withdrawn as w
                where w.receipt_id = r.receipt_id and w.first_record = 0
            )
        order by r.business_date desc, r.receipt_id desc
        limit 1
        """,
        (receipt.payor, receipt.business_date),
    )
    row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None


def _ended(cursor: Any, receipt: Receipt, earlier: int, absence_ends: bool) -> tuple[int, int]:
    """(members covered by the earlier file on this date, those of them this file would end)."""
    statement = sql.SQL(
        """
        with covered as (
            select distinct {member} as member
            from {table}
            where
                receipt_id = %(earlier)s
                and (enrollment_end_date is null or enrollment_end_date >= %(day)s)
        ),

        stated as (
            select
                {member} as member,
                bool_or(enrollment_end_date is null or enrollment_end_date >= %(day)s) as goes_on
            from {table}
            where receipt_id = %(receipt)s
            group by 1
        )

        select
            count(*),
            count(*) filter (where not coalesce(stated.goes_on, not %(absence)s))
        from covered
        left join stated on covered.member = stated.member
        """
    ).format(member=sql.SQL(MEMBER), table=_table(receipt))
    values = {
        "earlier": earlier,
        "receipt": receipt.receipt_id,
        "day": receipt.business_date,
        "absence": absence_ends,
    }
    cursor.execute(statement, values)
    covered, ended = cursor.fetchone()
    return int(covered), int(ended)


def _known_members(cursor: Any, receipt: Receipt) -> int:
    """Distinct persons of the payor's other eligibility files."""
    statement = sql.SQL("select count(distinct {}) from {} where receipt_id <> %s").format(
        sql.SQL(MEMBER), _table(receipt)
    )
    cursor.execute(statement, (receipt.receipt_id,))
    return int(cursor.fetchone()[0])


def _table(receipt: Receipt) -> sql.Identifier:
    return sql.Identifier(f"raw_{receipt.payor}", "eligibility")


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole)
