"""Bootstrap intervals: at least as wide as the band, repeatable, exact at the edges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from evaluation.intervals import (
    Cohort,
    band_totals,
    cohort_of,
    draw_totals,
    gross_bounds,
    headline_intervals,
    weighted_gross,
)
from evaluation.plan import load_plan

PLAN = load_plan()


def cohort(cases: int, spread: float = 0.0, capped: bool = False) -> Cohort:
    wave = np.sin(np.arange(cases)) * spread
    return Cohort(
        p0=np.full(cases, 0.855),
        p0_low=np.full(cases, 0.705),
        p0_high=np.ones(cases),
        slope=np.full(cases, 40_000.0),
        base=-20_000.0 + wave,
        weight=np.ones(cases),
        is_capped=np.full(cases, capped),
    )


def test_without_any_case_there_is_no_interval() -> None:
    assert headline_intervals(cohort_of([]), "payor", Decimal(10), PLAN, 2) == []


def test_identical_cases_still_have_the_width_of_the_band() -> None:
    cases = cohort(50)
    assert gross_bounds(cases, PLAN) == band_totals(cases, float(PLAN.band))
    low, high = band_totals(cases, float(PLAN.band))
    assert low == pytest.approx(50 * (0.705 * 40_000 - 20_000))
    assert high == pytest.approx(50 * (1.0 * 40_000 - 20_000))


def test_spread_between_cases_widens_beyond_the_band() -> None:
    cases = cohort(30, spread=100_000)
    low, high = band_totals(cases, float(PLAN.band))
    lower, upper = gross_bounds(cases, PLAN)
    assert lower < low and upper > high


def test_the_seed_decides_the_draws() -> None:
    cases = cohort(20, spread=1_000)
    first, again = draw_totals(cases, PLAN), draw_totals(cases, PLAN)
    assert len(first) == PLAN.draws == 2000
    assert np.array_equal(first, again)
    assert not np.array_equal(first, draw_totals(cases, replace(PLAN, seed=PLAN.seed + 1)))


def test_another_seed_moves_the_bounds_by_little() -> None:
    cases = cohort(200, spread=30_000)
    here, there = gross_bounds(cases, PLAN), gross_bounds(cases, replace(PLAN, seed=1))
    width = here[1] - here[0]
    assert abs(here[0] - there[0]) < width / 20 and abs(here[1] - there[1]) < width / 20


def test_a_denied_operation_never_counts_as_a_gain() -> None:
    assert weighted_gross(cohort(3, capped=True), 0.15).tolist() == [0.0, 0.0, 0.0]


def test_cases_without_a_proposal_do_not_move_with_the_band() -> None:
    flat = replace(cohort(5), p0=np.zeros(5), p0_low=np.zeros(5), p0_high=np.zeros(5))
    assert band_totals(flat, float(PLAN.band)) == (-100_000.0, -100_000.0)


def test_net_and_ratios_follow_from_gross_and_known_fees() -> None:
    rows = {r.measure: r for r in headline_intervals(cohort(50), "payor", Decimal(1000), PLAN, 2)}
    assert set(rows) == {"verified_gross", "verified_net", "bcr", "roi_net"}
    gross, net = rows["verified_gross"], rows["verified_net"]
    assert (net.lower, net.upper) == (gross.lower - 1000, gross.upper - 1000)
    assert rows["bcr"].lower == gross.lower / 1000
    assert gross.lower.as_tuple().exponent == -2


def test_without_fees_there_is_no_ratio() -> None:
    rows = headline_intervals(cohort(5), "payor", Decimal(0), PLAN, 0)
    assert [row.measure for row in rows] == ["verified_gross", "verified_net"]
    assert rows[0].lower.as_tuple().exponent == 0
