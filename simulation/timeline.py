"""Days and months of the world as integers: day 0 is the first day of service."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from simulation.parameters import FIRST_SERVICE

Ints = npt.NDArray[np.int64]
NEVER = -1
DAYS_A_MONTH = 30.4375
_ORIGIN = np.datetime64(FIRST_SERVICE, "D")
_FIRST_MONTH = np.datetime64(FIRST_SERVICE, "M")


def month_start(months: npt.ArrayLike) -> Ints:
    """First day of the month that many months after the first."""
    starts = (_FIRST_MONTH + np.asarray(months, dtype=np.int64)).astype("datetime64[D]")
    return (starts - _ORIGIN).astype(np.int64)


def month_of(days: npt.ArrayLike) -> Ints:
    """Month (0-based) that holds the day."""
    dates = _ORIGIN + np.asarray(days, dtype=np.int64)
    return (dates.astype("datetime64[M]") - _FIRST_MONTH).astype(np.int64)


def add_months(days: npt.ArrayLike, months: npt.ArrayLike) -> Ints:
    """Move days by whole months; a day the target month lacks becomes its last day."""
    day = np.asarray(days, dtype=np.int64)
    month = month_of(day)
    target = month + np.asarray(months, dtype=np.int64)
    within = day - month_start(month)
    last = month_start(target + 1) - month_start(target) - 1
    return month_start(target) + np.minimum(within, last)


def day_number(day: date) -> int:
    """Number of a calendar day."""
    return (day - FIRST_SERVICE).days


def calendar_day(number: int) -> date:
    """Calendar day of a number."""
    return FIRST_SERVICE + timedelta(days=int(number))


def iso_days(last: int) -> npt.NDArray[np.object_]:
    """ISO text of the days 0..last, and the empty text at place -1 (NEVER)."""
    texts = [calendar_day(n).isoformat() for n in range(last + 1)]
    return np.array([*texts, ""], dtype=object)
