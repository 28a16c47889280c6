"""How far the readers of a payor agree: rows of `work_<payor>.agreement` for the marts.

Reads what people recorded (`ops.adjudication`) and the cases' quarters from the facts of this
run. Written in the step that also writes the intervals; the caller owns the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg import sql

from evaluation.agreement import Agreement, cohen_kappa, gwet_ac1, percent_agreement
from evaluation.basis import work
from evaluation.double_read import wanted
from evaluation.plan import AnalysisPlan, load_plan

CLASSES = ("changed", "confirmed", "refined", "undetermined")
DECIMALS = 8

Case = Sequence[str]  # the classes its readers gave, in the order of their first names


@dataclass(frozen=True)
class Row:
    """One row of the table.

    is_low_reliability: AC1 is below the plan's bound. is_enough: as many cases were read twice as
    the plan of double reading asks for.
    """

    measure: str
    period_grain: str
    period: date | None
    agreement: Agreement
    is_low_reliability: bool
    is_enough: bool


def agreement_rows(
    cases: dict[date, list[Case]], opinions: dict[date, int], plan: AnalysisPlan
) -> list[Row]:
    """Agreement of all periods together and of each quarter; quarters without a pair have none.

    opinions: quarter -> delivered opinions that could be read. Over all periods as many reads are
    enough as its quarters ask for together.
    """
    asked = {
        quarter: wanted(count, plan.double_read_share, plan.double_read_minimum)
        for quarter, count in opinions.items()
    }
    everything = [case for found in cases.values() for case in found]
    floor = plan.reliability_floor
    rows = _rows("all", None, everything, floor, sum(asked.values()))
    for quarter, found in sorted(cases.items()):
        rows += _rows("quarter", quarter, found, floor, asked.get(quarter, 0))
    return rows


def _rows(
    grain: str, period: date | None, cases: list[Case], floor: Decimal, asked: int
) -> list[Row]:
    ac1 = gwet_ac1(cases, CLASSES)
    is_low = ac1 is not None and Decimal(repr(ac1.value)) < floor
    measures = {
        "percent_agreement": percent_agreement(cases),
        "cohen_kappa": cohen_kappa([(c[0], c[1]) for c in cases if len(c) > 1], CLASSES),
        "gwet_ac1": ac1,
    }
    return [
        Row(name, grain, period, value, is_low, _twice(cases) >= asked)
        for name, value in measures.items()
        if value
    ]


def _twice(cases: list[Case]) -> int:
    return sum(len(case) > 1 for case in cases)


def ensure_table(conn: psycopg.Connection, payor: str) -> None:
    """Make the payor's table of agreement when it is not there yet."""
    query = sql.SQL(
        """
        create table if not exists {} (
            measure text not null,
            period_grain text not null,
            period date,
            value numeric(28, 8) not null,
            n bigint not null,
            lower numeric(28, 8),
            upper numeric(28, 8),
            is_low_reliability boolean not null,
            is_enough boolean not null,
            unique nulls not distinct (measure, period_grain, period)
        )
        """
    )
    conn.execute(query.format(work(payor, "agreement")))


def read_cases(conn: psycopg.Connection, payor: str) -> dict[date, list[Case]]:
    """First reads by the quarter of delivery: a reader who gives way later did not agree before.

    The adjudicator's word on a dispute is no read.
    """
    query = sql.SQL(
        """
        select
            cast(date_trunc('quarter', c.delivered_date) as date),
            array_agg(r.adjudicated_class order by r.reader)
        from (
            select distinct on (case_key, reader) case_key, reader, adjudicated_class
            from ops.adjudication
            where payor_id = %s and reader_role <> 'adjudicator'
            order by case_key, reader, adjudication_id
        ) as r
        inner join {case} as c on r.case_key = c.case_key
        where c.delivered_date is not null
        group by c.case_key, c.delivered_date
        order by c.case_key
        """
    ).format(case=work(payor, "fct_second_opinion"))
    cases: dict[date, list[Case]] = defaultdict(list)
    for quarter, classes in conn.execute(query, (payor,)):
        cases[quarter].append(classes)
    return dict(cases)


def count_opinions(conn: psycopg.Connection, payor: str) -> dict[date, int]:
    """Delivered opinions with an initial diagnosis by the quarter of delivery."""
    query = sql.SQL(
        """
        select cast(date_trunc('quarter', c.delivered_date) as date), count(*)
        from {case} as c
        inner join {change} as d on d.case_key = c.case_key
        where c.delivered_date is not null and d.initial_code is not null
        group by 1
        """
    ).format(case=work(payor, "fct_second_opinion"), change=work(payor, "fct_diagnosis_change"))
    return dict(conn.execute(query).fetchall())


def write_agreement(conn: psycopg.Connection, payor: str) -> int:
    """Replace the payor's rows; returns how many."""
    rows = agreement_rows(read_cases(conn, payor), count_opinions(conn, payor), load_plan())
    ensure_table(conn, payor)
    target = work(payor, "agreement")
    conn.execute(sql.SQL("delete from {}").format(target))
    insert = sql.SQL("insert into {} values (%s, %s, %s, %s, %s, %s, %s, %s, %s)").format(target)
    for row in rows:
        low, high = row.agreement.bounds() or (None, None)
        amounts = [None if x is None else round(Decimal(repr(x)), DECIMALS) for x in (low, high)]
        value = round(Decimal(repr(row.agreement.value)), DECIMALS)
        conn.execute(
            insert,
            (
                row.measure, row.period_grain, row.period, value, row.agreement.cases, *amounts,
                row.is_low_reliability, row.is_enough,
            ),
        )  # fmt: skip
    return len(rows)
