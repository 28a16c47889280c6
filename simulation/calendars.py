"""Day and month arithmetic of the simulated world (its own, on purpose)."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """Move by whole months; a day the target month lacks becomes its last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def add_days(day: date, days: int) -> date:
    """Move by days."""
    return day + timedelta(days=days)


def months_between(first: date, last: date) -> Iterator[int]:
    """Month numbers (year * 12 + month - 1) touched by the days first..last, both included."""
    return iter(range(month_number(first), month_number(last) + 1))


def month_number(day: date) -> int:
    """Number of the day's month on one line of months."""
    return day.year * 12 + day.month - 1
