"""Who is compared, and on what: closed cases at the landmark, and monthly cost around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.history import NEVER, History, horizon_day
from simulation.timeline import add_months, month_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
DEFER_MONTHS = 6
TAIL_DAYS = 90
RUN_OUT_MONTHS = 3


def at_risk(history: History) -> pd.DataFrame:
    """Triggers alive, covered and unoperated at t0; non-users at their landmark.

    Users and non-users start their clock at the same kind of day (no immortal time), and who was
    operated before it is in neither group.
    """
    frame = history.triggers
    alive = frame["death0_day"] > frame["t0_day"]
    covered = frame["leave0_day"] > frame["t0_day"]
    return frame[frame["unoperated"] & alive & covered].reset_index(drop=True)


def closed(history: History, extra_months: int = 0) -> pd.DataFrame:
    """Those at risk whose window, cost tail and run-out end within the world.

    Chosen by t0, family and position only, never by what happened. `extra_months` lengthens the
    window.
    """
    frame = at_risk(history)
    months = frame["window_months"] + extra_months
    months = months + np.where(frame["position"] == "defer", DEFER_MONTHS, 0)
    mature = add_months(add_months(frame["t0_day"], months) + TAIL_DAYS, RUN_OUT_MONTHS)
    return frame[mature <= horizon_day(history.world)].reset_index(drop=True)


def operated_within(frame: pd.DataFrame, course: str, extra_months: int = 0) -> Floats:
    """1.0 if operated alive in [t0, t0 + W + extra]; course "0", "1" or "realised"."""
    realised = course == "realised"
    day = frame["operated_day" if realised else f"y{course}_day"]
    death = frame["death_day" if realised else f"death{course}_day"]
    end = add_months(frame["t0_day"], frame["window_months"] + extra_months)
    inside = (day >= frame["t0_day"]) & (day <= end)
    alive = (death == NEVER) | (day <= death)
    return (inside & alive).to_numpy().astype(float)


def covered(history: History) -> Mask:
    """Months wholly covered, shape (persons, months)."""
    people = history.persons
    first = month_of(people["start_day"])[:, None]
    end = people["end_day"].to_numpy()
    last = np.where(end == NEVER, horizon_day(history.world), end)
    final = month_of(last + 1)[:, None] - 1
    months = np.arange(history.world.months)
    inside: Mask = (months >= first) & (months <= final)
    return inside


def log_cost_change(
    history: History, frame: pd.DataFrame, before: tuple[int, int], after: tuple[int, int]
) -> Floats:
    """Mean log cost a covered month in the span after t0, minus the span before; nan if not seen.

    A span is (first, last) months, inclusive, relative to the month of t0. The cost is the one
    unrelated to the operation: an opinion does not touch it, so any change credited to the
    opinion is pure bias. Months without cost count nothing.
    """
    row = frame["row"].to_numpy()
    start = month_of(frame["t0_day"])
    seen = covered(history) & (history.background > 0)
    logs = np.where(seen, np.log(np.maximum(history.background, 1)), 0.0)
    means = []
    for span in (before, after):
        months = _windowed(seen, row, start, span)
        total = _windowed(logs, row, start, span)
        means.append(np.where(months > 0, total / np.maximum(months, 1.0), np.nan))
    return means[1] - means[0]


def _windowed(
    values: npt.NDArray[Any],
    row: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    span: tuple[int, int],
) -> Floats:
    """Sum of values[row, start + span]; months outside the world count nothing."""
    months = values.shape[1]
    at = start[:, None] + np.arange(span[0], span[1] + 1)
    valid = (at >= 0) & (at < months)
    taken = values[row[:, None], np.clip(at, 0, months - 1)]
    return np.asarray((taken * valid).sum(axis=1), dtype=float)


def received_by(frame: pd.DataFrame, day: int) -> Mask:
    """The operation's claim has come by that day."""
    operated = frame["operated_day"]
    seen = (operated != NEVER) & (operated + frame["lag_days"] <= day)
    return seen.to_numpy()
