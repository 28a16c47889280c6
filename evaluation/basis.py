"""The basis: estimated parameters, re-estimated once a calendar month and pinned by as_of.

A basis is immutable once written. Reads triangles, courses, episodes and coverage of one payor's
work schema and the shared reference tables; writes `ops.basis`, `ops.basis_parameter`, the run
context and, for a new basis, one row of `ops.change`. The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import psycopg
from psycopg import sql

from evaluation import windows
from evaluation.basis_completion import completion_parameters
from evaluation.basis_incidence import incidence_parameters
from evaluation.basis_price_model import model_parameters
from evaluation.basis_prices import episode_prices
from evaluation.parameter import Parameter, RunContext, work
from evaluation.plan import AnalysisPlan, load_plan
from evaluation.survival import Follow, end_of_data, enrolment_survival


class BasisError(RuntimeError):
    """A basis cannot be estimated; `payor_id` and `reason` say where and why."""

    def __init__(self, payor_id: str, reason: str) -> None:
        super().__init__(f"no basis for payor {payor_id}: {reason}")
        self.payor_id = payor_id
        self.reason = reason


def estimate_if_due(conn: psycopg.Connection, payor: str) -> int:
    """Return the basis of this run, estimating it first when no basis holds for this month.

    A basis holds for its month once a release rests on it, provided that it was estimated by
    today's plan and from at least one observation: what was estimated before the files came, or
    before a gate blocked the night, binds nobody.
    """
    context, plan = run_context(conn, payor), load_plan()
    found = basis_in_month(conn, context, plan.version)
    basis_id = found if found is not None else estimate(conn, context, plan)
    pin(conn, payor, basis_id)
    return basis_id


def run_context(conn: psycopg.Connection, payor: str) -> RunContext:
    """The open run; raises BasisError without one."""
    query = sql.SQL("select as_of, minor_units from {}").format(work(payor, "run_context"))
    row = conn.execute(query).fetchone()
    if row is None:
        raise BasisError(payor, "no run is open")
    return RunContext(payor, row[0], int(row[1]))


def basis_in_month(conn: psycopg.Connection, context: RunContext, plan_version: str) -> int | None:
    """The newest basis not after as_of, if it holds and its calendar month is not over.

    A later basis of the same month also says that the month has one: an older night falls back on
    the one before it.
    """
    row = conn.execute(
        """
        select b.basis_id
        from ops.basis as b
        where
            b.payor_id = %(payor)s
            and b.estimated_as_of <= %(as_of)s
            and exists (
                select 1
                from ops.basis as m
                where
                    m.payor_id = b.payor_id
                    and date_trunc('month', m.estimated_as_of)
                    = date_trunc('month', %(as_of)s::date)
            )
        order by b.estimated_as_of desc, b.basis_id desc
        limit 1
        """,
        {"payor": context.payor_id, "as_of": context.as_of},
    ).fetchone()
    if row is None or not holds(conn, int(row[0]), plan_version):
        return None
    return int(row[0])


def holds(conn: psycopg.Connection, basis_id: int, plan_version: str) -> bool:
    """Whether a release rests on the basis, by this plan, and the basis rests on observations."""
    row = conn.execute(
        """
        select
            b.plan_version = %(plan)s
            and exists (
                select 1 from ops.release as r where r.basis_id = b.basis_id
            )
            and exists (
                select 1
                from ops.basis_parameter as p
                where p.basis_id = b.basis_id and p.payor_id = b.payor_id and p.n > 0
            )
        from ops.basis as b
        where b.basis_id = %(basis)s
        """,
        {"basis": basis_id, "plan": plan_version},
    ).fetchone()
    return row is not None and bool(row[0])


def estimate(conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan) -> int:
    """Estimate every parameter and store them as a new basis."""
    parameters = [
        *episode_prices(conn, context, plan),
        *model_parameters(conn, context, plan),
        *literature_probabilities(conn),
        *survival_by_month(conn, context, plan),
        *completion_parameters(conn, context, plan),
        *incidence_parameters(conn, context, plan),
        *waiting_windows(conn, context, plan),
    ]
    basis_id = insert_basis(conn, context, plan.version)
    insert_parameters(conn, context.payor_id, basis_id, parameters)
    conn.execute(
        "insert into ops.change (payor_id, entity, key, cause) values (%s, 'basis', %s, 'basis')",
        (context.payor_id, str(basis_id)),
    )
    return basis_id


def literature_probabilities(conn: psycopg.Connection) -> list[Parameter]:
    """p0 and its band for every family: its own literature row, else the general one."""
    rows = conn.execute(
        """
        select distinct on (f.family_id) f.family_id, l.p0, l.low, l.high, l.source
        from reference.procedure_family as f
        inner join reference.literature_p0 as l on l.family_id in (f.family_id, '*')
        order by f.family_id, (l.family_id = '*')
        """
    )
    return [
        Parameter(kind=kind, value=value, n=0, source=source, family_id=family)
        for family, p0, low, high, source in rows
        for kind, value in (("p0", p0), ("p0_low", low), ("p0_high", high))
    ]


def waiting_windows(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> list[Parameter]:
    """Months that nine in ten of the operated comparators waited; `month` is the cohort quarter's
    first month as YYYYMM."""
    found = windows.estimate(conn, context.payor_id, context.as_of, plan)
    return [
        Parameter(
            kind="window_months",
            value=Decimal(one.months),
            n=one.waits,
            source="Aalen-Johansen of comparators' waits before the quarter",
            family_id=one.family_id,
            month=one.quarter.year * 100 + one.quarter.month,
        )
        for one in found
    ]


def survival_by_month(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> list[Parameter]:
    """Enrolment survival from the opinion among delivered, covered cases of the payor."""
    known_to = end_of_data(context.as_of, plan.recognised_after_days)
    points = enrolment_survival(
        follow_ups(conn, context, known_to),
        plan.last_survival_month,
        plan.survival_decimals,
        plan.survival_floor,
    )
    return [
        Parameter("enrolment_survival", p.share, p.at_risk, "Kaplan-Meier", month=p.month)
        for p in points
    ]


def follow_ups(conn: psycopg.Connection, context: RunContext, known_to: date) -> list[Follow]:
    """One follow-up per delivered case covered at its opinion, in case order."""
    query = sql.SQL(
        """
        select distinct on (c.case_key) c.t0, s.continuous_end, p.death_date
        from {case} as c
        inner join {span} as s
            on
                s.person_key = c.person_key
                and c.t0 >= s.continuous_start
                and (s.continuous_end is null or c.t0 <= s.continuous_end)
        left join {person} as p on p.person_key = c.person_key
        where c.case_status = 'delivered' and c.t0 <= %(as_of)s
        order by c.case_key, s.continuous_start
        """
    ).format(
        case=work(context.payor_id, "int_case"),
        span=work(context.payor_id, "int_coverage_span"),
        person=work(context.payor_id, "int_person"),
    )
    rows = conn.execute(query, {"as_of": context.as_of})
    return [follow(t0, end, death, known_to) for t0, end, death in rows]


def follow(t0: date, covered_to: date | None, died_on: date | None, known_to: date) -> Follow:
    """Leaving counts when it came before death and is old enough to be recognised."""
    left = covered_to is not None and covered_to < min(known_to, died_on or known_to)
    if left:
        return Follow(t0, covered_to, known_to)
    return Follow(t0, None, min(known_to, died_on) if died_on else known_to)


def insert_basis(conn: psycopg.Connection, context: RunContext, plan_version: str) -> int:
    """Number a new basis."""
    row = conn.execute(
        """
        insert into ops.basis (payor_id, estimated_as_of, plan_version)
        values (%s, %s, %s) returning basis_id
        """,
        (context.payor_id, context.as_of, plan_version),
    ).fetchone()
    assert row is not None
    return int(row[0])


def insert_parameters(
    conn: psycopg.Connection, payor: str, basis_id: int, parameters: Iterable[Parameter]
) -> None:
    """Store the parameters of one basis."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.basis_parameter (
                payor_id, basis_id, kind, family_id, perspective, cell, month, value, se, n, source
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [(payor, basis_id, *as_row(parameter)) for parameter in parameters],
        )


def as_row(p: Parameter) -> tuple[object, ...]:
    """Column order of the insert above."""
    return (
        p.kind,
        p.family_id,
        p.perspective,
        p.cell,
        p.month,
        p.value,
        p.se,
        p.n,
        p.source,
    )


def pin(conn: psycopg.Connection, payor: str, basis_id: int) -> None:
    """Write the chosen basis into the run's context."""
    query = sql.SQL("update {} set basis_id = %s").format(work(payor, "run_context"))
    conn.execute(query, (basis_id,))
