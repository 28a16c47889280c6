"""Who is compared: each choice recomputed case by case, with calendar dates and plain loops."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from simulation.history import NEVER, History
from simulation.rivals.cases import (
    at_risk,
    closed,
    covered,
    log_cost_change,
    operated_within,
    received_by,
)
from simulation.rivals.naive import recent_users

START = date(2021, 7, 1)
END = date(2026, 6, 30)
DAYS_IN = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day(number: int) -> date:
    return START + timedelta(days=int(number))


def later(start: date, months: int) -> date:
    """Same day of a later month, or that month's last day."""
    year, month = divmod(start.month - 1 + int(months), 12)
    year += start.year
    leap = month == 1 and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return date(year, month + 1, min(start.day, DAYS_IN[month] + leap))


def rows(frame: pd.DataFrame) -> list[pd.Series]:
    return [row for _, row in frame.iterrows()]


@pytest.fixture(scope="module")
def frame(small: History) -> pd.DataFrame:
    return small.triggers


def test_at_risk_are_alive_covered_and_unoperated(small: History, frame: pd.DataFrame) -> None:
    expected = [
        row["person"]
        for row in rows(frame)
        if not NEVER < row["y0_day"] < row["t0_day"]
        and row["death0_day"] > row["t0_day"]
        and row["leave0_day"] > row["t0_day"]
    ]
    assert 100 < len(expected) < len(frame)
    assert at_risk(small)["person"].tolist() == expected


@pytest.mark.parametrize("extra", [0, 12])
def test_closed_by_the_calendar(small: History, extra: int) -> None:
    """Window (six months longer if deferred), 90 days, three months: all over by the last day."""
    expected = []
    for row in rows(at_risk(small)):
        months = row["window_months"] + extra + (6 if row["position"] == "defer" else 0)
        mature = later(later(day(row["t0_day"]), months) + timedelta(days=90), 3)
        if mature <= END:
            expected.append(row["person"])
    assert len(expected) > 50
    assert closed(small, extra)["person"].tolist() == expected


def test_closing_never_looks_at_what_happened(small: History) -> None:
    """Shuffled outcomes close the same cases."""
    before = closed(small)["person"].tolist()
    other = History(**{name: getattr(small, name) for name in History.__slots__})
    other.triggers = small.triggers.copy()
    rng = np.random.default_rng(1)
    for name in ("y1_day", "operated_day", "cost", "cost1", "leave1_day", "death1_day"):
        other.triggers[name] = rng.permutation(other.triggers[name].to_numpy())
    assert closed(other)["person"].tolist() == before


@pytest.mark.parametrize("course", ["0", "1"])
@pytest.mark.parametrize("extra", [0, 12])
def test_operated_within_the_window(small: History, course: str, extra: int) -> None:
    cases = at_risk(small)
    expected = []
    for row in rows(cases):
        operated = row[f"y{course}_day"]
        last = later(day(row["t0_day"]), row["window_months"] + extra)
        inside = operated != NEVER and row["t0_day"] <= operated and day(operated) <= last
        expected.append(float(inside and operated <= row[f"death{course}_day"]))
    assert 0 < sum(expected) < len(expected)
    assert operated_within(cases, course, extra).tolist() == expected


def test_covered_months_are_whole(small: History) -> None:
    found = covered(small)
    for number, person in enumerate(rows(small.persons)[:60]):
        last = END if person["end_day"] == NEVER else day(person["end_day"])
        for month in range(small.world.months):
            first = later(START, month)
            whole = first.replace(day=1) >= day(person["start_day"]).replace(day=1)
            end = later(first, 1) - timedelta(days=1)
            assert found[number, month] == (whole and end <= last)


def test_log_cost_change_by_hand(small: History) -> None:
    cases = at_risk(small).head(80)
    found = log_cost_change(small, cases, (-6, -1), (1, 12))
    inside = covered(small)
    for row, change in zip(rows(cases), found, strict=True):
        t0 = day(row["t0_day"])
        month = (t0.year - START.year) * 12 + t0.month - START.month
        means = []
        for span in (range(-6, 0), range(1, 13)):
            months = [month + n for n in span if 0 <= month + n < small.world.months]
            logs = [
                math.log(small.background[row["row"], m])
                for m in months
                if inside[row["row"], m] and small.background[row["row"], m] > 0
            ]
            means.append(sum(logs) / len(logs) if logs else math.nan)
        assert change == pytest.approx(means[1] - means[0], nan_ok=True)


def test_received_needs_the_operation_and_its_lag() -> None:
    frame = pd.DataFrame({"operated_day": [NEVER, 100, 100], "lag_days": [5, 10, 11]})
    assert received_by(frame, 110).tolist() == [False, True, False]


def test_recent_users_are_of_the_last_half_year(small: History) -> None:
    found = recent_users(small)
    assert len(found) > 0
    assert found["user"].all()
    days = [day(number) for number in found["t0_day"]]
    assert all(date(2026, 1, 1) <= one <= END for one in days)
