"""Cumulative incidence: by hand, against lifelines, and its exact rule for ties."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.incidence import (
    Course,
    course,
    cumulative_incidence,
    month_end,
    verified_avoidance,
)

CAUSES = {0: "censored", 1: "procedure", 2: "death"}
COURSES = st.lists(
    st.builds(Course, st.integers(0, 400), st.sampled_from(sorted(CAUSES.values()))),  # type: ignore[arg-type]
    min_size=1,
    max_size=60,
)


def courses(days: list[int], events: list[int]) -> list[Course]:
    return [Course(day, CAUSES[event]) for day, event in zip(days, events, strict=True)]  # type: ignore[arg-type]


def test_competing_risk_by_hand() -> None:
    """One a month: operated, died, left, operated, died. 1 - Kaplan-Meier would say 0.6."""
    days = [month_end(month) for month in (1, 2, 3, 4, 5)]
    points = cumulative_incidence(courses(days, [1, 2, 0, 1, 2]), 6)
    assert points[4].procedure == Decimal("0.5")
    assert [point.at_risk for point in points] == [5, 4, 3, 2, 1, 0, 0]
    assert points[6].procedure + points[6].death == 1
    assert verified_avoidance(points[4]) == Decimal("0.3")


def test_ties_share_one_risk_set() -> None:
    """Ten at risk; on one day two are operated, one dies and three leave."""
    tied = courses([10] * 6 + [20] * 4, [1, 1, 2, 0, 0, 0, 1, 0, 0, 0])
    (_, month) = cumulative_incidence(tied, 1)
    assert month.procedure == Decimal("0.2") + Decimal("0.7") / 4
    assert month.death == Decimal("0.1")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((5, None, None), Course(5, "procedure")),
        ((5, 5, 5), Course(5, "procedure")),
        ((6, 5, 5), Course(5, "death")),
        ((8, 9, 4), Course(4, "censored")),
        ((101, 102, None), Course(100, "censored")),
        ((100, None, None), Course(100, "procedure")),
        ((None, None, -3), Course(0, "censored")),
    ],
)
def test_the_first_end_counts(days: tuple[int | None, ...], expected: Course) -> None:
    procedure, death, left = days
    assert course(procedure, death, left, 100) == expected


def test_nobody_is_no_curve() -> None:
    assert cumulative_incidence([], 12) == []


def test_it_agrees_with_lifelines_where_no_days_tie() -> None:
    lifelines = pytest.importorskip("lifelines")
    rng = random.Random(20260701)
    days = rng.sample(range(1, 700), 300)
    events = rng.choices([0, 1, 2], [5, 3, 2], k=300)
    points = cumulative_incidence(courses(days, events), 22)
    fitted = lifelines.AalenJohansenFitter().fit(days, events, event_of_interest=1)
    for point in points[1:]:
        theirs = fitted.predict(month_end(point.month))
        assert float(point.procedure) == pytest.approx(float(theirs), rel=1e-9)
    variance = fitted.variance_.loc[: month_end(22)].iloc[-1]
    assert float(points[22].se) == pytest.approx(float(variance) ** 0.5, rel=0.02)


def exact(listed: list[Course], day: int, cause: str) -> Fraction:
    """The definition in fractions: free before each day times the day's share of the cause."""
    free, incidence = Fraction(1), Fraction(0)
    for today in sorted({one.days for one in listed if one.days <= day}):
        at_risk = sum(one.days >= today for one in listed)
        ends = [one.cause for one in listed if one.days == today]
        incidence += free * Fraction(ends.count(cause), at_risk)  # type: ignore[arg-type]
        events = ends.count("procedure") + ends.count("death")
        free *= Fraction(at_risk - events, at_risk)
    return incidence


@given(COURSES, st.randoms(use_true_random=False))
def test_it_is_exact_and_knows_no_order(listed: list[Course], rng: random.Random) -> None:
    points = cumulative_incidence(listed, 12)
    rng.shuffle(listed)
    assert cumulative_incidence(listed, 12) == points
    for point in points:
        truth = exact(listed, month_end(point.month), "procedure")
        assert abs(Fraction(point.procedure) - truth) < Fraction(1, 10**20)
        assert 0 <= verified_avoidance(point) <= 1
    assert [p.procedure for p in points] == sorted(p.procedure for p in points)


@given(COURSES)
def test_one_minus_kaplan_meier_is_never_less(listed: list[Course]) -> None:
    """With death competing, the survival form overstates; without a death both agree."""
    ours = cumulative_incidence(listed, 13)[13].procedure
    without = [Course(c.days, "censored" if c.cause == "death" else c.cause) for c in listed]
    as_if = cumulative_incidence(without, 13)[13].procedure
    assert as_if >= ours - Decimal("1e-20")
    if all(c.cause != "death" for c in listed):
        assert as_if == ours


def test_a_mean_and_its_error_without_censoring() -> None:
    """Nobody leaves: the incidence is a plain share and its error a plain binomial one."""
    listed = courses(list(range(1, 101)), [1] * 30 + [2] * 10 + [0] * 60)
    point = cumulative_incidence(listed, 12)[2]
    assert point.procedure == Decimal("0.3")
    assert float(point.se) == pytest.approx((0.3 * 0.7 / 100) ** 0.5, rel=1e-9)
