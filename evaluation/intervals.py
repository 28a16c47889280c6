"""Intervals of the headline figures: bootstrap over the cases of the closed cohorts.

Each draw resamples cases and also shifts every counterfactual probability by one draw from the
plan's band, because literature is not data: an interval is never narrower than the band alone
makes the figure. Amounts leave as exact decimals, rounded to the currency's minor unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from evaluation.basis import RunContext, run_context, work
from evaluation.ledger import round_minor
from evaluation.plan import AnalysisPlan, load_plan

Floats = npt.NDArray[np.float64]
CHUNK = 200
RATIO_DECIMALS = 8
PERSPECTIVES = ("system", "payor")


@dataclass(frozen=True)
class Cohort:
    """Closed, estimable, fully observed cases of one perspective, as parallel arrays in case order.

    `slope` is EC - EAlt0 and `base` is EAlt0 - O, so that gross = p0 * slope + base; where
    `is_capped`, gross cannot be positive. `weight` is 1/K.
    """

    p0: Floats
    p0_low: Floats
    p0_high: Floats
    slope: Floats
    base: Floats
    weight: Floats
    is_capped: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.p0)


@dataclass(frozen=True)
class Interval:
    """One row of interval_estimate."""

    measure: str
    perspective: str
    lower: Decimal
    upper: Decimal


def weighted_gross(cohort: Cohort, shift: float) -> Floats:
    """Weighted gross of every case when all probabilities move by `shift` within their band."""
    p0 = np.clip(cohort.p0 + shift, cohort.p0_low, cohort.p0_high)
    gross = p0 * cohort.slope + cohort.base
    return np.where(cohort.is_capped, np.minimum(gross, 0.0), gross) * cohort.weight


def band_totals(cohort: Cohort, band: float) -> tuple[float, float]:
    """Smallest and largest total gross that the band alone allows."""
    ends = [float(weighted_gross(cohort, shift).sum()) for shift in (-band, 0.0, band)]
    return min(ends), max(ends)


def draw_totals(cohort: Cohort, plan: AnalysisPlan) -> Floats:
    """Total gross of every bootstrap draw; the same plan and cases give the same draws."""
    generator = np.random.Generator(np.random.PCG64(plan.seed))
    shifts = generator.uniform(-float(plan.band), float(plan.band), size=plan.draws)
    totals = np.empty(plan.draws)
    for start in range(0, plan.draws, CHUNK):
        size = min(CHUNK, plan.draws - start)
        picks = generator.integers(0, len(cohort), size=(size, len(cohort)))
        for row in range(size):
            gross = weighted_gross(cohort, float(shifts[start + row]))
            totals[start + row] = gross[picks[row]].sum()
    return totals


def gross_bounds(cohort: Cohort, plan: AnalysisPlan) -> tuple[float, float]:
    """Percentile interval of total gross, widened to the band where that is wider."""
    tail = (1 - float(plan.confidence)) / 2
    totals = draw_totals(cohort, plan)
    low, high = band_totals(cohort, float(plan.band))
    lower, upper = np.quantile(totals, [tail, 1 - tail], method="inverted_cdf")
    return min(float(lower), low), max(float(upper), high)


def headline_intervals(
    cohort: Cohort, perspective: str, fees: Decimal, plan: AnalysisPlan, minor_units: int
) -> list[Interval]:
    """Gross and what follows from it with known fees; empty without a closed case."""
    if not len(cohort):
        return []
    gross = [round_minor(Decimal(repr(x)), minor_units) for x in gross_bounds(cohort, plan)]
    net = [amount - fees for amount in gross]
    rows = [Interval("verified_gross", perspective, gross[0], gross[1])]
    rows.append(Interval("verified_net", perspective, net[0], net[1]))
    if fees > 0:
        for measure, amounts in (("bcr", gross), ("roi_net", net)):
            low, high = (round(amount / fees, RATIO_DECIMALS) for amount in amounts)
            rows.append(Interval(measure, perspective, low, high))
    return rows


def read_cohort(conn: psycopg.Connection, payor: str, perspective: str) -> Cohort:
    """Cases that the headline counts, ordered by case."""
    query = sql.SQL(
        """
        select
            s.p0,
            s.p0_low,
            s.p0_high,
            s.expected_procedure_cost - s.expected_alternative_cost,
            s.expected_alternative_cost - s.observed_cost,
            1 / s.enrolment_survival,
            s.perspective = 'payor' and exists (
                select 1
                from {decision} as d
                where d.case_key = s.case_key
                and d.procedure_family = s.procedure_family
                and d.is_performed_denied
            )
        from {savings} as s
        where
            s.perspective = %(perspective)s
            and s.maturity = 'closed'
            and s.is_estimable
            and s.is_observed_to_window_end
        order by s.case_key
        """
    ).format(
        savings=work(payor, "fct_case_savings"), decision=work(payor, "fct_procedure_decision")
    )
    return cohort_of(conn.execute(query, {"perspective": perspective}).fetchall())


def cohort_of(rows: Sequence[tuple[Decimal | bool, ...]]) -> Cohort:
    """Rows to parallel arrays; money becomes float only here, inside the resampling."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    p0, low, high, slope, base, weight = (
        np.asarray([float(x) for x in column]) for column in columns[:6]
    )
    return Cohort(p0, low, high, slope, base, weight, np.asarray(columns[6], dtype=np.bool_))


def closed_fees(conn: psycopg.Connection, payor: str) -> Decimal:
    """All programme fees of the closed quarters, each counted once."""
    query = sql.SQL("select coalesce(sum(fee_amount), 0) from {} where maturity = 'closed'")
    row = conn.execute(query.format(work(payor, "fct_programme_fee"))).fetchone()
    assert row is not None
    return Decimal(row[0])


def ensure_table(conn: psycopg.Connection, payor: str) -> None:
    """Make the payor's table of intervals when it is not there yet."""
    query = sql.SQL(
        """
        create table if not exists {} (
            measure text not null,
            perspective text not null,
            slice text not null,
            slice_value text not null,
            lower numeric(18, 8) not null,
            upper numeric(18, 8) not null,
            draws integer not null,
            seed bigint not null,
            primary key (measure, perspective, slice, slice_value)
        )
        """
    )
    conn.execute(query.format(work(payor, "interval_estimate")))


def store(
    conn: psycopg.Connection, payor: str, rows: Iterable[Interval], plan: AnalysisPlan
) -> None:
    """Replace the payor's intervals."""
    ensure_table(conn, payor)
    target = work(payor, "interval_estimate")
    conn.execute(sql.SQL("delete from {}").format(target))
    insert = sql.SQL(
        """
        insert into {}
            (measure, perspective, slice, slice_value, lower, upper, draws, seed)
        values (%s, %s, 'total', 'all', %s, %s, %s, %s)
        """
    ).format(target)
    for row in rows:
        values = (row.measure, row.perspective, row.lower, row.upper, plan.draws, plan.seed)
        conn.execute(insert, values)


def write_intervals(conn: psycopg.Connection, payor: str) -> int:
    """Write the intervals of this run and return how many; none without a closed case."""
    context: RunContext = run_context(conn, payor)
    plan = load_plan()
    fees = closed_fees(conn, payor)
    rows = [
        interval
        for perspective in PERSPECTIVES
        for interval in headline_intervals(
            read_cohort(conn, payor, perspective), perspective, fees, plan, context.minor_units
        )
    ]
    store(conn, payor, rows, plan)
    return len(rows)
