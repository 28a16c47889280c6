"""Prices: golden values of credibility and winsorising, and parts that re-add exactly."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.episodes import (
    Bounds,
    Sample,
    adjust,
    credibility,
    credible_mean,
    is_shown,
    percentile,
    sample,
    winsor_bounds,
    winsorise,
)

ONE = Decimal(1)
TAIL = Decimal("0.01")
costs_of = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.parametrize(
    ("n", "cv", "z"),
    [
        (30, "1", "0.1665"),
        (29, "1", "0.1637"),
        (31, "1", "0.1693"),
        (1082, "1", "1.0000"),
        (5000, "1", "1.0000"),
        (30, "0.5", "0.3330"),
        (0, "1", "0.0000"),
        (30, "0", "1.0000"),
    ],
)
def test_credibility_has_no_step(n: int, cv: str, z: str) -> None:
    assert round(credibility(n, Decimal(cv)), 4) == Decimal(z)


def test_an_unknown_spread_has_no_weight() -> None:
    assert credibility(1, None) == 0
    assert credible_mean(Sample(1, Decimal(900), None), Decimal(100)) == 100
    assert credible_mean(Sample(1, Decimal(900), None), Decimal(100), ONE) > 100


def test_thirty_episodes_are_shown_and_always_shrunk() -> None:
    cell = Sample(30, Decimal(2000), ONE)
    assert round(credible_mean(cell, Decimal(1000)), 1) == Decimal("1166.5")
    assert [is_shown(n, 30) for n in (29, 30)] == [False, True]


@given(st.integers(1, 3000), st.integers(0, 500), costs_of, costs_of)
def test_a_credible_mean_lies_between(n: int, cv: int, mean: Decimal, other: Decimal) -> None:
    found = credible_mean(Sample(n, mean, Decimal(cv) / 100), other)
    assert min(mean, other) - TAIL <= found <= max(mean, other) + TAIL


def test_a_sample_is_described() -> None:
    found = sample([Decimal(value) for value in (2, 4, 4, 4, 5, 5, 7, 9)])
    assert (found.n, found.mean) == (8, 5)
    assert found.cv is not None and round(found.cv * 5, 6) == Decimal("2.138090")
    assert found.se is not None and round(found.se, 6) == Decimal("0.755929")
    assert sample([Decimal(3)]).se is None
    with pytest.raises(ValueError, match="no costs"):
        sample([])


@given(st.lists(costs_of, min_size=1, max_size=50), st.integers(0, 100))
def test_percentiles_interpolate(costs: list[Decimal], share: int) -> None:
    ours = percentile(costs, Decimal(share) / 100)
    assert float(ours) == pytest.approx(
        float(np.percentile([float(cost) for cost in costs], share)), rel=1e-9, abs=1e-6
    )


def test_bounds_need_two_hundred_episodes() -> None:
    costs = [Decimal(value) for value in range(1, 200)]
    assert winsor_bounds(costs, TAIL, 200) is None
    bounds = winsor_bounds([*costs, Decimal(1_000_000)], TAIL, 200)
    assert bounds is not None and bounds.episodes == 200
    assert (bounds.low, round(bounds.high, 2)) == (Decimal("2.99"), Decimal("198.01"))
    assert winsorise(Decimal(1_000_000), bounds) == bounds.high
    assert winsorise(Decimal(50), bounds) == 50
    assert winsorise(Decimal(1), bounds) == bounds.low
    assert winsorise(Decimal(1_000_000), None) == 1_000_000


def test_each_step_by_hand() -> None:
    """900 + 300 drawn to 1,000; 80 % known; prices up 10 %; 0.5 of the reporting currency."""
    lines = [Decimal("900.00"), Decimal("300.00")]
    bounds = Bounds(Decimal(10), Decimal(1000), 200)
    cost = adjust(lines, bounds, Decimal("0.8"), Decimal("1.1"), Decimal("0.5"))
    assert cost.observed == 1200
    parts = (cost.winsor_adj, cost.completion_adj, cost.price_adj, cost.fx_adj)
    assert parts == (-200, 250, 125, Decimal("-687.5"))
    assert cost.total == Decimal("687.50")


def test_without_a_reason_nothing_is_adjusted() -> None:
    cost = adjust([Decimal("0.005")])
    assert (cost.observed, cost.total) == (Decimal("0.005"), Decimal("0.005"))
    with pytest.raises(ValueError, match="completion"):
        adjust([ONE], completion=Decimal(0))


share = st.integers(50, 100).map(lambda n: Decimal(n) / 100)
factor = st.integers(1, 500_000).map(lambda n: Decimal(n) / 1000)


@pytest.mark.parametrize("minor_units", [0, 2, 3], ids=["JPY", "USD", "KWD"])
@given(lines=st.lists(st.integers(-(10**7), 10**9), max_size=20), known=share, index=factor,
       rate=factor, high=st.integers(1, 10**8))  # fmt: skip
def test_parts_add_up_in_every_currency(
    minor_units: int, lines: list[int], known: Decimal, index: Decimal, rate: Decimal, high: int
) -> None:
    unit = ONE.scaleb(-minor_units)
    amounts = [line * unit for line in lines]
    cost = adjust(amounts, Bounds(unit, high * unit, 200), known, index, rate, minor_units)
    assert cost.observed == sum(amounts, Decimal(0))
    assert cost.total == cost.total.quantize(unit)
    assert abs(cost.total - winsorise(cost.observed, Bounds(unit, high * unit, 200)) / known * index
               * rate) <= unit * (2 + index * rate + rate)  # fmt: skip
