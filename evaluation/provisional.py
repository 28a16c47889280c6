"""Probability that a procedure not seen so far will not be seen in its window at all.

Source: the conditional probability of reaching the end of the window free of the procedure and
alive, among cases that are now alive, covered and without a visible claim. Two things may still
happen: an operation to come, and one that took place and whose first claim is still on its way.
Months are whole months since the opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from evaluation.incidence import DAYS, MONTHS, ONE, ZERO


def provisional_probability(
    procedure: Sequence[Decimal],
    death: Sequence[Decimal],
    completion: Sequence[Decimal],
    months_since: int,
    window: int,
) -> Decimal | None:
    """q = S(W) / (S(a) + sum over u <= a of f(u) * (1 - CF(months_since - u))), a = min(now, W).

    procedure, death: cumulative incidence at months 0..W; completion: share of first claims known
    by lag 0, 1, ... months, 1 beyond its end. None where the curves do not reach the window, the
    opinion lies ahead, or nobody is expected to be left.
    """
    if months_since < 0 or min(len(procedure), len(death)) <= window:
        return None
    reached = min(months_since, window)
    hidden = sum(
        (
            increment(procedure, month) * (ONE - known_by(completion, months_since - month))
            for month in range(reached + 1)
        ),
        ZERO,
    )
    unseen = free_at(procedure, death, reached) + hidden
    if unseen <= 0:
        return None
    return free_at(procedure, death, window) / unseen


def provisional_probability_on(
    procedure: Sequence[Decimal],
    death: Sequence[Decimal],
    completion: Sequence[Decimal],
    days_since: int,
    window: int,
) -> Decimal | None:
    """q on a day: between whole months it is drawn as a straight line.

    Taken at the last whole month instead, every case would be half a month younger than it is, and
    the probabilities of a cohort some per cent too low.
    """
    months, days = divmod(days_since * MONTHS, DAYS)
    now = provisional_probability(procedure, death, completion, months, window)
    later = provisional_probability(procedure, death, completion, months + 1, window)
    if now is None or later is None:
        return None
    return now + (later - now) * days / DAYS


def free_at(procedure: Sequence[Decimal], death: Sequence[Decimal], month: int) -> Decimal:
    """S: share that is alive and not operated at the end of the month."""
    return max(ONE - procedure[month] - death[month], ZERO)


def increment(curve: Sequence[Decimal], month: int) -> Decimal:
    """What the month adds to a cumulative curve."""
    return curve[month] - curve[month - 1] if month else curve[0]


def known_by(completion: Sequence[Decimal], lag: int) -> Decimal:
    """Share known after that many months, within [0, 1]; everything is known beyond the curve."""
    if lag >= len(completion):
        return ONE
    return min(max(completion[lag], ZERO), ONE)
