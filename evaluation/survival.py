"""Enrolment survival by month since the opinion: Kaplan-Meier on calendar months."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Follow:
    """One covered case.

    `left_on` is its last covered day when it left before dying, else None; `observed_to` is the end
    of data, or the day of death if that came first and the case had not left.
    """

    start: date
    left_on: date | None
    observed_to: date


@dataclass(frozen=True)
class SurvivalPoint:
    """Share still covered `month` months after the opinion, and how many informed that month."""

    month: int
    share: Decimal
    at_risk: int


def add_months(day: date, months: int) -> date:
    """The same day `months` later, clamped to that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def end_of_data(as_of: date, recognised_after_days: int) -> date:
    """Leaving is recognised only after a gap, so coverage is known up to that many days ago."""
    return as_of - timedelta(days=recognised_after_days - 1)


def left_by(follow: Follow, month: int) -> bool:
    """Whether coverage ended before the given month after the opinion was complete."""
    return follow.left_on is not None and follow.left_on < add_months(follow.start, month)


def at_risk(follow: Follow, month: int) -> bool:
    """Covered when the month began and observed to its end, leavers and stayers alike.

    Counting a leaver whose month is still running, beside stayers who wait for its end, would
    overstate leaving.
    """
    if left_by(follow, month - 1):
        return False
    return add_months(follow.start, month) <= follow.observed_to


def enrolment_survival(
    follows: Iterable[Follow], last_month: int, decimals: int, floor: Decimal
) -> Sequence[SurvivalPoint]:
    """Points for months 0..last_month; a month that nobody informs keeps the share before it."""
    cases = list(follows)
    share, points = Decimal(1), [SurvivalPoint(0, Decimal(1), len(cases))]
    for month in range(1, last_month + 1):
        exposed = [case for case in cases if at_risk(case, month)]
        leavers = sum(left_by(case, month) for case in exposed)
        if exposed:
            share *= 1 - Decimal(leavers) / len(exposed)
        rounded = max(share, floor).quantize(Decimal(1).scaleb(-decimals))
        points.append(SurvivalPoint(month, rounded, len(exposed)))
    return points
