"""How long comparators waited for a procedure, by family and cohort quarter.

A window must be as long as nine in ten of those who are operated at all wait, or a slow region's
operations count as avoided. Only persons who never had an opinion inform it, and a quarter's window
rests on what had happened before the quarter began: neither the programme nor later claims move it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg import sql

from evaluation.incidence import DAYS, MONTHS, Course, Step, course, steps
from evaluation.parameter import work
from evaluation.plan import AnalysisPlan

# A share that is reached but for the last digit of a sum of quotients is reached.
SLACK = Decimal("1e-12")


@dataclass(frozen=True)
class Wait:
    """One comparator's first approved request of a family, and what followed; days may be None."""

    family_id: str
    start: date
    operated_on: date | None
    died_on: date | None
    left_on: date | None


@dataclass(frozen=True)
class Window:
    """Months in which nine in ten of the operated had been operated, for one quarter's cohort."""

    family_id: str
    quarter: date
    months: int
    waits: int


def months_to_share(curve: Sequence[Step], share: Decimal) -> int:
    """Months until that share of the last incidence is reached; 0 when nothing ever happens."""
    last = curve[-1].procedure if curve else Decimal(0)
    if last <= 0:
        return 0
    day = next(step.day for step in curve if step.procedure >= share * last - SLACK)
    return -(-day * MONTHS // DAYS)


def window(waits: Sequence[Wait], quarter: date, plan: AnalysisPlan) -> int | None:
    """Months for the cohort of a quarter, None when too few comparators had been operated."""
    cap = round(plan.window_cap_months * DAYS / MONTHS)
    found = [_before(one, quarter, cap) for one in waits if one.start < quarter]
    if sum(one.cause == "procedure" for one in found) < plan.minimum_waits:
        return None
    return min(months_to_share(steps(found), plan.window_share), plan.window_cap_months)


def _before(wait: Wait, end: date, cap: int) -> Course:
    """What came first before the end and within the cap."""
    procedure, death, left = (
        (day - wait.start).days if day is not None and day < end else None
        for day in (wait.operated_on, wait.died_on, wait.left_on)
    )
    return course(procedure, death, left, min((end - wait.start).days, cap))


def windows(waits: Sequence[Wait], quarters: Sequence[date], plan: AnalysisPlan) -> list[Window]:
    """Every window that can be told, by family and quarter."""
    found = []
    for family in sorted({one.family_id for one in waits}):
        own = [one for one in waits if one.family_id == family]
        for quarter in quarters:
            months = window(own, quarter, plan)
            if months is not None:
                count = sum(one.start < quarter for one in own)
                found.append(Window(family, quarter, months, count))
    return found


def quarters_to(first: date, last: date) -> list[date]:
    """First days of the calendar quarters from the one of `first` to the one of `last`."""
    start = first.year * 4 + (first.month - 1) // 3
    end = last.year * 4 + (last.month - 1) // 3
    return [date(n // 4, n % 4 * 3 + 1, 1) for n in range(start, end + 1)]


def read_waits(conn: psycopg.Connection, payor: str) -> list[Wait]:
    """Waits of everybody who never had a consultation, requested or not."""
    query = sql.SQL(
        """
        with first_request as (
            select r.family_id, r.person_key, min(r.requested_date) as start
            from {request} as r
            where
                r.is_approved
                and r.family_id is not null
                and not exists (select from {opinion} as o where o.person_key = r.person_key)
            group by r.family_id, r.person_key
        )
        select
            f.family_id,
            f.start,
            (
                select min(e.event_date)
                from {event} as e
                where
                    e.person_key = f.person_key
                    and e.family_id = f.family_id
                    and e.event_date >= f.start
            ),
            p.death_date,
            s.continuous_end
        from first_request as f
        inner join lateral (
            select max(c.continuous_end) as continuous_end
            from {span} as c
            where
                c.person_key = f.person_key
                and c.continuous_start <= f.start
                and (c.continuous_end is null or c.continuous_end >= f.start)
            having count(*) > 0
        ) as s on true
        left join {person} as p on p.person_key = f.person_key
        order by f.family_id, f.person_key
        """
    ).format(**_relations(payor))
    return [Wait(*row) for row in conn.execute(query)]


def first_opinion(conn: psycopg.Connection, payor: str) -> date | None:
    """The earliest delivered opinion."""
    query = sql.SQL("select min(t0) from {opinion}").format(**_relations(payor))
    row = conn.execute(query).fetchone()
    return row[0] if row else None


def _relations(payor: str) -> dict[str, sql.Identifier]:
    names = {
        "request": "int_authorization",
        "opinion": "int_case",
        "event": "int_procedure_event",
        "span": "int_coverage_span",
        "person": "int_person",
    }
    return {key: work(payor, name) for key, name in names.items()}


def estimate(
    conn: psycopg.Connection, payor: str, as_of: date, plan: AnalysisPlan
) -> Iterator[Window]:
    """Windows of every cohort quarter so far."""
    first = first_opinion(conn, payor)
    if first is None:
        return
    yield from windows(read_waits(conn, payor), quarters_to(first, as_of), plan)
