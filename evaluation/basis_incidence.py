"""Cumulative incidence after an opinion, by family and position, as parameters of the basis.

Reads `int_opinion_course`. Kinds: cif_procedure (F1) and cif_death (F2), cell = position of the
opinion, month = months since it, n = cases at risk at the month's end. Fitted on mature cohorts
only: a cohort that is still open would count its fast operations and miss its slow ones.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import psycopg
from psycopg import sql

from evaluation.incidence import Course, course, cumulative_incidence
from evaluation.parameter import PLACES, Parameter, RunContext, work
from evaluation.plan import AnalysisPlan


def incidence_parameters(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> list[Parameter]:
    """Both curves of every family and position with enough mature cases."""
    courses, windows = read_courses(conn, context)
    found: list[Parameter] = []
    for (family, position), cases in sorted(courses.items()):
        if len(cases) < plan.incidence_minimum:
            continue
        for point in cumulative_incidence(cases, windows[family, position]):
            for kind, value, se in (
                ("cif_procedure", point.procedure, point.se.quantize(PLACES)),
                ("cif_death", point.death, None),
            ):
                found.append(
                    Parameter(
                        kind=kind,
                        value=value.quantize(PLACES),
                        se=se,
                        n=point.at_risk,
                        source="Aalen-Johansen",
                        family_id=family,
                        cell=position,
                        month=point.month,
                    )
                )
    return found


Key = tuple[str, str]


def read_courses(
    conn: psycopg.Connection, context: RunContext
) -> tuple[dict[Key, list[Course]], dict[Key, int]]:
    """Mature courses and the window in months, by family and position."""
    query = sql.SQL(
        """
        select
            family_id, so_position, window_months, t0, window_end, operated_on, died_on, left_on
        from {}
        where is_mature
        order by family_id, so_position, case_key, proposal_no
        """
    ).format(work(context.payor_id, "int_opinion_course"))
    courses: dict[Key, list[Course]] = defaultdict(list)
    windows: dict[Key, int] = {}
    for family, position, months, start, end, *ends in conn.execute(query):
        procedure, death, left = (days_between(start, day) for day in ends)
        last = (end - start).days
        courses[family, position].append(course(procedure, death, left, last))
        windows[family, position] = int(months)
    return courses, windows


def days_between(start: date, day: date | None) -> int | None:
    return None if day is None else (day - start).days
