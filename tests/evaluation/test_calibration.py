"""Provisional probabilities against what really happened: the whole chain on drawn histories.

Each world draws when people are operated, die and leave, and how late their claims come. Only what
is visible at the valuation goes in: curves from mature cohorts, completion from the triangle of
first claims, q for every open case. The history then says how many were not operated and alive at
the end of the window.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import pytest

from evaluation.completion import Cell, completion_factors
from evaluation.incidence import course, cumulative_incidence, month_end
from evaluation.plan import load_plan
from evaluation.provisional import provisional_probability_on

SEEDS = range(1, 21) if os.environ.get("SOAK") else range(1, 4)
WINDOW, RUNOUT, MONTHS, CASES = 12, 3, 60, 9000
TODAY = month_end(MONTHS)
# Share of claims paid by month of lag; dear or not, a first claim is one claim.
KNOWN = (600, 840, 920, 950, 960, 970, 980, 985, 990, 993, 995, 998, 1000)


@dataclass(frozen=True)
class History:
    """Days since the world began; None for what never happens in it."""

    opinion: int
    operated: int | None
    paid: int | None
    died: int
    left: int

    def seen(self) -> int | None:
        """Days from the opinion to the operation, once its claim is there."""
        if self.operated is None or self.paid is None or self.paid > TODAY:
            return None
        return self.operated - self.opinion

    def is_open(self) -> bool:
        """Alive, covered, nothing seen, and the window or its run-out not over."""
        waits = self.opinion + month_end(WINDOW + RUNOUT) > TODAY
        return waits and self.died > TODAY and self.left > TODAY and self.seen() is None

    def stays_free(self) -> bool:
        """Alive and not operated at the window's end, known or not."""
        end = self.opinion + month_end(WINDOW)
        return self.died > end and (self.operated is None or self.operated > end)


def history(rng: random.Random) -> History:
    """Front-loaded operations in 42 % within two years, 2 % deaths and 0.7 % departures a month."""
    opinion = rng.randrange(TODAY)
    died = opinion + int(rng.expovariate(0.02) * 30.4375)
    left = opinion + int(rng.expovariate(0.0069) * 30.4375)
    wait = int(rng.expovariate(1 / 5) * 30.4375)
    operated = opinion + wait if rng.random() < 0.42 and opinion + wait < died else None
    if operated is None:
        return History(opinion, None, None, died, left)
    draw = rng.randrange(1000)
    lag = next(month for month, known in enumerate(KNOWN) if draw < known)
    paid = (months_to(operated) + lag) * 36525 // 1200 + 30
    return History(opinion, operated, max(paid, operated), died, left)


def months_to(day: int) -> int:
    return day * 1200 // 36525


def observed_and_expected(seed: int, is_death_known: bool = True) -> tuple[int, Decimal]:
    """Open cases that stayed free, and the sum of their provisional probabilities.

    is_death_known: False takes the dead for censored, as 1 - Kaplan-Meier would.
    """
    rng = random.Random(seed)
    people = [history(rng) for _ in range(CASES)]
    curves = cumulative_incidence(
        [
            course(
                p.seen(),
                p.died - p.opinion if is_death_known else None,
                min(p.left, p.died) - p.opinion,
                month_end(WINDOW),
            )
            for p in people
            if p.opinion + month_end(WINDOW + RUNOUT) <= TODAY
        ],
        WINDOW,
    )
    cells = Counter(
        (months_to(p.operated), months_to(p.paid))
        for p in people
        if p.seen() is not None and p.operated is not None and p.paid is not None
    )
    triangle = [Cell(at, by - at, Decimal(n), n) for (at, by), n in cells.items()]
    completion = [f.share for f in completion_factors(triangle, MONTHS - 1, load_plan().completion)]
    assert completion, "the triangle is large enough"
    waiting = [p for p in people if p.is_open()]
    expected = Decimal(0)
    for p in waiting:
        q = provisional_probability_on(
            [point.procedure for point in curves],
            [point.death for point in curves],
            completion,
            TODAY - p.opinion,
            WINDOW,
        )
        assert q is not None
        expected += q
    return sum(p.stays_free() for p in waiting), expected


def ratio(is_death_known: bool = True) -> Decimal:
    found = [observed_and_expected(seed, is_death_known) for seed in SEEDS]
    return Decimal(sum(observed for observed, _ in found)) / sum(
        (expected for _, expected in found), Decimal(0)
    )


@pytest.mark.soak
def test_provisional_probabilities_are_calibrated() -> None:
    assert Decimal("0.95") <= ratio() <= Decimal("1.05")


@pytest.mark.soak
def test_without_competing_death_they_are_not() -> None:
    assert ratio(is_death_known=False) < Decimal("0.95")
