"""Waits of comparators: Aalen-Johansen by hand, and what must not move a window."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from evaluation.incidence import Course, steps
from evaluation.plan import AnalysisPlan, load_plan
from evaluation.windows import Wait, months_to_share, quarters_to, window, windows

START = date(2020, 1, 1)
QUARTER = date(2024, 1, 1)
PLAN: AnalysisPlan = replace(load_plan(), minimum_waits=20)


def wait(days: int | None, start: date = START, family: str = "knee") -> Wait:
    day = start + timedelta(days=days) if days is not None else None
    return Wait(family, start, day, None, None)


def by_day(courses: list[Course], horizon: int) -> list[float]:
    """Incidence of the procedure on day 0..horizon."""
    curve = [(0, 0.0), *((step.day, float(step.procedure)) for step in steps(courses))]
    return [[share for day, share in curve if day <= until][-1] for until in range(horizon + 1)]


def test_incidence_by_hand() -> None:
    """Five at risk: one operated on day 1, one dead on day 2, one censored on day 2, two operated
    on day 3: 1/5, then S = 4/5 less a death of 1/4, then 3/5 of two in two."""
    ends = [(1, "procedure"), (2, "death"), (2, "censored"), (3, "procedure"), (3, "procedure")]
    found = by_day([Course(day, cause) for day, cause in ends], 4)  # type: ignore[arg-type]
    assert found == pytest.approx([0, 0.2, 0.2, 0.8, 0.8])
    # one minus Kaplan-Meier takes a death for a leaver and ends at one
    left = [(day, "censored" if cause == "death" else cause) for day, cause in ends]
    mutant = by_day([Course(day, cause) for day, cause in left], 4)  # type: ignore[arg-type]
    assert mutant[-1] == pytest.approx(1.0)


def test_nine_in_ten_of_the_operated() -> None:
    waits = [wait(days) for days in range(10, 1010, 10)]
    assert window(waits, QUARTER, PLAN) == 30  # day 900 of 1,000
    assert months_to_share(steps([Course(9, "censored")] * 10), PLAN.window_share) == 0


def test_too_few_waits_say_nothing() -> None:
    waits = [wait(900)] * 19 + [wait(None)] * 500
    assert window(waits, QUARTER, PLAN) is None


def test_recent_fast_comparators_do_not_shorten_it() -> None:
    """A raw quantile of the seen waits would: late starters can only have been quick."""
    waits = [wait(days) for days in range(10, 1010, 10)]
    recent = QUARTER - timedelta(days=60)
    quick = [wait(days, recent) for days in range(1, 60)]
    pending = [wait(None, recent) for _ in range(600)]
    told = window([*waits, *quick, *pending], QUARTER, PLAN)
    seen = sorted([*range(10, 1010, 10), *range(1, 60)])
    assert told is not None and told >= 29
    assert seen[int(0.9 * len(seen))] / 30.44 < 29


def test_the_future_of_a_quarter_does_not_move_its_window() -> None:
    waits = [wait(days) for days in range(10, 1010, 10)]
    later_started = [wait(5, QUARTER + timedelta(days=n)) for n in range(300)]
    later_operated = [Wait("knee", START, QUARTER + timedelta(days=9), None, None)] * 3
    before = [Wait("knee", START, None, None, None)] * 3
    base = window([*waits, *before], QUARTER, PLAN)
    assert window([*waits, *later_started, *later_operated], QUARTER, PLAN) == base


def test_the_cap_and_the_order_of_rows() -> None:
    """Beyond 36 months nothing is asked; the order of persons decides nothing."""
    waits = [wait(days) for days in range(1, 1300, 3)]
    found = windows(waits, [QUARTER], PLAN)
    assert [one.months for one in found] == [window(waits, QUARTER, PLAN)]
    assert found[0].months <= 36
    random.Random(3).shuffle(waits)
    assert windows(waits, [QUARTER], PLAN) == found


def test_quarters() -> None:
    assert quarters_to(date(2023, 11, 5), date(2024, 4, 1)) == [
        date(2023, 10, 1),
        date(2024, 1, 1),
        date(2024, 4, 1),
    ]
