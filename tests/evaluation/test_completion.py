"""Completion factors: the published answers, a known lag curve, and when nothing is said."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from evaluation.completion import (
    Cell,
    CompletionRule,
    completed_months,
    completion_factors,
    mack,
    share_at,
)

RULE = CompletionRule(12, 24, 36, 200, 24, Decimal("0.85"), Decimal("0.60"), 8)
# Per thousand known by lag 0..12.
KNOWN = (600, 840, 920, 950, 960, 970, 980, 985, 990, 993, 995, 998, 1000)
VALUATION = 2026 * 12 + 5


def triangle(months: int = 40, claims: int = 100, scale: int = 10) -> list[Cell]:
    """A triangle that follows the lag curve exactly; every month has `scale` per thousand."""
    grown = [KNOWN[0], *(b - a for a, b in itertools.pairwise(KNOWN))]
    return [
        Cell(incurred, lag, Decimal(change * scale), claims)
        for incurred in range(VALUATION - months + 1, VALUATION + 1)
        for lag, change in enumerate(grown)
        if incurred + lag <= VALUATION
    ]


@pytest.mark.parametrize(
    ("sample", "factors", "total"),
    [
        (
            "genins",
            [3.4906, 1.7473, 1.4574, 1.1739, 1.1038, 1.0863, 1.0539, 1.0766, 1.0177],
            2447094.86,
        ),
        ("raa", [2.9994, 1.6235, 1.2709, 1.1717, 1.1134, 1.0419, 1.0333, 1.0169, 1.0092], 26909.01),
    ],
)
def test_published_triangles(sample: str, factors: list[float], total: float) -> None:
    """Taylor and Ashe, and the reinsurance association; the log-linear default gives others."""
    import chainladder

    fit = mack(chainladder.load_sample(sample).values[0, 0].copy(), VALUATION, 100)
    assert [round(ratio, 4) for ratio in fit.ratios] == factors
    assert fit.total_error == pytest.approx(total, abs=0.01)


def test_published_errors_of_each_origin() -> None:
    import chainladder

    fit = mack(chainladder.load_sample("genins").values[0, 0].copy(), VALUATION, 100)
    published = [0, 75535, 121699, 133549, 261406, 411010, 558317, 875328, 971258, 1363155]
    assert [round(error) for error in fit.month_errors] == published


def test_a_known_lag_curve_comes_back() -> None:
    factors = completion_factors(triangle(), VALUATION, RULE)
    assert [int(f.share * 1000) for f in factors] == [*KNOWN, *[1000] * 12]
    assert {f.se for f in factors} == {Decimal(0)}
    assert factors[0].months == 35
    assert share_at(factors, 2) == Decimal("0.92")
    assert share_at(factors, 99) == 1
    assert share_at(factors, -1) is None


def test_only_the_last_diagonals_speak() -> None:
    """Claims came at once until a year ago: only what came since then counts."""
    old = [
        Cell(incurred, 0, Decimal(10_000), 100)
        for incurred in range(VALUATION - 39, VALUATION - 23)
    ]
    recent = [cell for cell in triangle() if cell.incurred >= VALUATION - 23]
    factors = completion_factors([*old, *recent], VALUATION, RULE)
    assert int(factors[0].share * 1000) == KNOWN[0]


@pytest.mark.parametrize(
    "cells",
    [
        [],
        triangle(months=23),
        triangle(claims=0),
        [cell for cell in triangle() if cell.lag > 0],
    ],
    ids=["nothing", "too short", "too few claims", "nothing at lag 0"],
)
def test_too_little_says_nothing(cells: list[Cell]) -> None:
    assert completion_factors(cells, VALUATION, RULE) == []
    assert completed_months(cells, VALUATION, {}, RULE) == []
    assert share_at([], 0) is None


def test_what_is_known_after_the_valuation_does_not_count() -> None:
    later = [Cell(VALUATION - 3, 6, Decimal(5_000), 50), Cell(VALUATION + 1, 0, Decimal(1), 1)]
    assert completion_factors([*triangle(), *later], VALUATION, RULE) == completion_factors(
        triangle(), VALUATION, RULE
    )


def test_months_before_the_first_payment_are_left_out() -> None:
    """A file that begins with a payment date lacks the first claims of the months before it."""
    begin = VALUATION - 29
    cut = [cell for cell in triangle() if cell.incurred + cell.lag >= begin]
    factors = completion_factors(cut, VALUATION, RULE)
    assert int(factors[0].share * 1000) == KNOWN[0]
    assert factors[0].months == 29


def test_young_months_lean_on_a_prior() -> None:
    members = dict.fromkeys(range(VALUATION - 60, VALUATION + 1), 1000)
    rule = replace(RULE, exclude_below=Decimal("0.70"))
    months = completed_months(triangle(), VALUATION, members, rule)
    assert months[-1].incurred == VALUATION - 1
    assert [m.method for m in months[-3:]] == ["chain ladder"] * 2 + ["Bornhuetter-Ferguson"]
    assert {round(m.completed) for m in months} == {10_000}


def test_the_prior_follows_the_trend() -> None:
    """Costs per member grow one per cent a month; the youngest month has half its claims."""
    cells = [
        replace(cell, change=cell.change * Decimal("1.01") ** (cell.incurred - VALUATION))
        for cell in triangle()
    ]
    low = [
        replace(cell, change=cell.change / 2) if cell.incurred == VALUATION else cell
        for cell in cells
    ]
    members = dict.fromkeys(range(VALUATION - 60, VALUATION + 1), 1000)
    youngest = completed_months(low, VALUATION, members, RULE)[-1]
    assert youngest.observed == 3000
    assert float(youngest.completed) == pytest.approx(3000 + 0.4 * 10_000, rel=1e-6)
    assert completed_months(low, VALUATION, {}, RULE)[-1].incurred == VALUATION - 2


def test_an_uneven_triangle_has_errors() -> None:
    uneven = [
        replace(cell, change=cell.change + (cell.incurred * 7 + cell.lag * 3) % 5 * 40)
        for cell in triangle()
    ]
    factors = completion_factors(uneven, VALUATION, RULE)
    assert all(f.se > 0 for f in factors[:12])
    members = dict.fromkeys(range(VALUATION - 60, VALUATION + 1), 1000)
    months = completed_months(uneven, VALUATION, members, RULE)
    assert months[0].se == 0
    assert months[-3].se > months[-8].se > 0
    assert factors[0].se / factors[0].share > factors[6].se / factors[6].share
