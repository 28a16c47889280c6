"""How long comparators waited for a procedure, by family and cohort quarter.

A window must be as long as nine in ten of those who are operated at all wait, or a slow region's
operations count as avoided. Only persons who never had an opinion inform it, and a quarter's window
rests on what had happened before the quarter began: neither the programme nor later claims move it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from evaluation.plan import AnalysisPlan

DAYS_A_MONTH = 365.25 / 12
PROCEDURE, DEATH = 1, 2
Days = NDArray[np.int64]


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


def cumulative_incidence(days: Days, causes: Days, horizon: int) -> NDArray[np.float64]:
    """Aalen-Johansen incidence of the procedure by day 0..horizon, death competing.

    days: of the first thing that happened; causes: PROCEDURE, DEATH or 0 (censored on that day,
    and at risk until its end). Exact with ties, no random jitter.
    """
    size = horizon + 1
    inside = np.minimum(days, size)
    leaving = np.bincount(inside, minlength=size + 1)[:size]
    at_risk = len(days) - np.concatenate(([0], np.cumsum(leaving)[:-1]))
    safe = np.maximum(at_risk, 1)
    procedures = np.bincount(inside[causes == PROCEDURE], minlength=size + 1)[:size] / safe
    deaths = np.bincount(inside[causes == DEATH], minlength=size + 1)[:size] / safe
    free = np.concatenate(([1.0], np.cumprod(1 - procedures - deaths)[:-1]))
    return np.asarray(np.cumsum(free * procedures), dtype=np.float64)


def months_to_share(incidence: NDArray[np.float64], share: float) -> int:
    """Months until that share of the last incidence is reached; 0 when nothing ever happens."""
    if incidence[-1] <= 0:
        return 0
    day = int(np.argmax(incidence >= share * incidence[-1] - 1e-12))
    return math.ceil(day / DAYS_A_MONTH)


def window(waits: Sequence[Wait], quarter: date, plan: AnalysisPlan) -> int | None:
    """Months for the cohort of a quarter, None when too few comparators had been operated."""
    cap = round(plan.window_cap_months * DAYS_A_MONTH)
    followed = [one for one in waits if one.start < quarter]
    found = [_first(one, quarter) for one in followed]
    if sum(cause == PROCEDURE and day <= cap for day, cause in found) < plan.minimum_waits:
        return None
    days, causes = (np.array(part, dtype=np.int64) for part in zip(*found, strict=True))
    months = months_to_share(cumulative_incidence(days, causes, cap), float(plan.window_share))
    return min(months, plan.window_cap_months)


def _first(wait: Wait, end: date) -> tuple[int, int]:
    """(days, cause) of what came first before the end; an operation on a day goes before death."""
    happened = (
        (wait.operated_on, 0, PROCEDURE),
        (wait.died_on, 1, DEATH),
        (wait.left_on, 2, 0),
        (end, 3, 0),
    )
    day, _, cause = min((d, order, c) for d, order, c in happened if d is not None)
    return ((day - wait.start).days, cause) if day < end else ((end - wait.start).days, 0)


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


def read_waits(conn: psycopg.Connection, work: str) -> list[Wait]:
    """Waits of everybody who never had a consultation, requested or not. work: a work schema."""
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
    ).format(**_relations(work))
    return [Wait(*row) for row in conn.execute(query)]


def first_opinion(conn: psycopg.Connection, work: str) -> date | None:
    """The earliest delivered opinion."""
    query = sql.SQL("select min(t0) from {opinion}").format(**_relations(work))
    row = conn.execute(query).fetchone()
    return row[0] if row else None


def _relations(work: str) -> dict[str, Any]:
    names = {
        "request": "int_authorization",
        "opinion": "int_case",
        "event": "int_procedure_event",
        "span": "int_coverage_span",
        "person": "int_person",
    }
    return {key: sql.Identifier(work, name) for key, name in names.items()}


def estimate(
    conn: psycopg.Connection, work: str, as_of: date, plan: AnalysisPlan
) -> Iterator[Window]:
    """Windows of every cohort quarter so far."""
    first = first_opinion(conn, work)
    if first is None:
        return
    yield from windows(read_waits(conn, work), quarters_to(first, as_of), plan)
