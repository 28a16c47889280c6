"""Enrolment survival by hand: leavers, deaths and the end of data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from evaluation.survival import Follow, add_months, end_of_data, enrolment_survival

START = date(2024, 1, 31)
END = date(2024, 12, 31)


def shares(follows: list[Follow], last_month: int = 4) -> list[Decimal]:
    points = enrolment_survival(follows, last_month, decimals=6, floor=Decimal("0.05"))
    assert [point.month for point in points] == list(range(last_month + 1))
    return [point.share for point in points]


@pytest.mark.parametrize(
    ("months", "expected"),
    [(1, date(2024, 2, 29)), (2, date(2024, 3, 31)), (13, date(2025, 2, 28)), (0, START)],
)
def test_months_clamp_to_the_last_day(months: int, expected: date) -> None:
    assert add_months(START, months) == expected


def test_one_of_two_leaves_in_the_second_month() -> None:
    follows = [Follow(START, date(2024, 3, 10), END), Follow(START, None, END)]
    assert shares(follows) == [1, 1, Decimal("0.5"), Decimal("0.5"), Decimal("0.5")]


def test_leaving_on_the_last_covered_day_of_a_month_counts_in_the_next() -> None:
    follows = [Follow(START, date(2024, 2, 29), END), Follow(START, None, END)]
    assert shares(follows)[:3] == [1, 1, Decimal("0.5")]


def test_the_dead_are_censored_and_are_not_leavers() -> None:
    follows = [
        Follow(START, None, date(2024, 2, 10)),
        Follow(START, date(2024, 3, 10), END),
        Follow(START, None, END),
    ]
    points = enrolment_survival(follows, 2, decimals=6, floor=Decimal("0.05"))
    assert [point.at_risk for point in points] == [3, 2, 2]
    assert points[2].share == Decimal("0.5")


def test_a_leaver_whose_month_is_still_running_waits_like_everybody() -> None:
    seen = date(2024, 3, 15)
    follows = [Follow(START, date(2024, 3, 10), seen), Follow(START, None, seen)]
    assert shares(follows, 2) == [1, 1, 1]


def test_thirds_are_rounded_and_an_empty_month_keeps_the_share() -> None:
    seen = date(2024, 3, 1)
    follows = [Follow(START, date(2024, 2, 10), END)] + [Follow(START, None, seen)] * 2
    assert shares(follows)[1:] == [Decimal("0.666667")] * 4


def test_the_share_never_reaches_zero() -> None:
    assert shares([Follow(START, date(2024, 2, 10), END)])[1] == Decimal("0.05")


def test_coverage_is_known_up_to_the_recognised_gap() -> None:
    assert end_of_data(date(2024, 12, 31), 46) == date(2024, 11, 16)
