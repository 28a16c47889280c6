"""Completion factors and completed months of one payor, as parameters of the basis.

Reads the triangles and member months of the payor's work schema. Kinds: completion_amount (cell =
claim type, month = lag), completion_count (by procedure family, month = lag) and completed_amount
(cell = claim type, month = calendar month). What cannot be estimated has no row; run-out months
are the only rule then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import psycopg
from psycopg import sql

from evaluation.completion import Cell, completed_months, completion_factors
from evaluation.parameter import Parameter, RunContext, work
from evaluation.plan import AnalysisPlan

Triangles = dict[tuple[str, str], list[Cell]]


def completion_parameters(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> list[Parameter]:
    """Every triangle that is large enough, by measure and cell."""
    triangles, latest = read_triangles(conn, context)
    if latest is None:
        return []
    valuation = valuation_month(context.as_of, latest)
    members = member_months(conn, context)
    found: list[Parameter] = []
    for (measure, cell), cells in sorted(triangles.items()):
        found += factor_parameters(measure, cell, cells, valuation, plan)
        if measure == "amount":
            found += month_parameters(cell, cells, valuation, members, plan)
    return found


def factor_parameters(
    measure: str, cell: str, cells: Sequence[Cell], valuation: int, plan: AnalysisPlan
) -> list[Parameter]:
    """One row per lag; n = incurred months that informed it."""
    is_amount = measure == "amount"
    return [
        Parameter(
            kind=f"completion_{measure}",
            value=factor.share,
            se=factor.se,
            n=factor.months,
            source="chain ladder, Mack",
            family_id="" if is_amount else cell,
            cell=cell if is_amount else "",
            month=factor.lag,
        )
        for factor in completion_factors(cells, valuation, plan.completion)
    ]


def month_parameters(
    cell: str,
    cells: Sequence[Cell],
    valuation: int,
    members: dict[int, int],
    plan: AnalysisPlan,
) -> list[Parameter]:
    """One row per incurred month that may be used; n = its member months."""
    return [
        Parameter(
            kind="completed_amount",
            value=month.completed,
            se=month.se,
            n=members.get(month.incurred, 0),
            source=month.method,
            cell=cell,
            month=month.incurred // 12 * 100 + month.incurred % 12 + 1,
        )
        for month in completed_months(cells, valuation, members, plan.completion)
    ]


def read_triangles(conn: psycopg.Connection, context: RunContext) -> tuple[Triangles, int | None]:
    """Cells by measure and cell, and the newest month in which any claim was paid by as_of."""
    query = sql.SQL(
        """
        select measure, cell, incurred_month, known_month, added, claims
        from {}
        where known_month <= %s
        order by measure, cell, incurred_month, known_month
        """
    ).format(work(context.payor_id, "int_completion_cell"))
    triangles: Triangles = defaultdict(list)
    latest: int | None = None
    for measure, name, incurred, known, added, claims in conn.execute(query, (context.as_of,)):
        start, end = month_number(incurred), month_number(known)
        triangles[measure, name].append(Cell(start, end - start, added, int(claims)))
        latest = end if latest is None else max(latest, end)
    return triangles, latest


def member_months(conn: psycopg.Connection, context: RunContext) -> dict[int, int]:
    """Member months by calendar month."""
    query = sql.SQL("select month_start, count(*) from {} group by month_start").format(
        work(context.payor_id, "int_member_month")
    )
    return {month_number(start): int(count) for start, count in conn.execute(query)}


def month_number(day: date) -> int:
    """Months as a running number: year * 12 + month - 1."""
    return day.year * 12 + day.month - 1


def valuation_month(as_of: date, latest: int) -> int:
    """The last month known whole: before as_of's, and before the newest month of a late feed."""
    whole = month_number(as_of) - 1
    return whole if latest >= whole else latest - 1
