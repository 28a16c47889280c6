"""Who is not yet operated, without and with an opinion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.base_world import B
from simulation.figures.common import percent, ticks, world_history
from simulation.figures.svg import ACCENT, INK, PAPER, QUIET, SOFT, Canvas, Panel, spread
from simulation.history import NEVER
from simulation.rivals.cases import Floats
from simulation.timeline import DAYS_A_MONTH

HORIZON = 36
NAMES = {
    "knee_arthroplasty": "knee replacement",
    "hip_arthroplasty": "hip replacement",
    "lumbar_fusion": "lumbar fusion",
    "lumbar_decompression": "lumbar decompression",
    "cholecystectomy": "gallbladder",
    "hysterectomy": "hysterectomy",
}
HUES = ("#1b5e9b", "#4b93c7", "#c0660a", "#8a6d3b", "#6b7a89", "#7b5a9e")


def still_waiting(days: Floats, months: Floats) -> Floats:
    """Share with no operation yet by each month; `days` from the start, NEVER as infinity."""
    ordered = np.sort(days / DAYS_A_MONTH)
    return 1.0 - np.searchsorted(ordered, months, side="right") / len(days)


def days_from(frame: pd.DataFrame, day: str, start: str) -> Floats:
    """Days between two columns, infinite where the first never comes."""
    end = frame[day].to_numpy(dtype=float)
    return np.where(end == NEVER, np.inf, end - frame[start].to_numpy())


def survival() -> Canvas:
    """Not yet operated: by family without an opinion, and the advised-against in both courses."""
    canvas = Canvas(860, 400, "Share not yet operated, by months")
    triggers = world_history(B).triggers
    ys = percent(0, 0.25, 0.5, 0.75, 1)
    months = np.linspace(0, HORIZON, 145)
    left = Panel(canvas, 50, 44, 300, 290, (0, HORIZON), (0, 1))
    left.axes(ticks(0, 12, 24, 36), ys, "months after the trigger", "Not yet operated, no opinion")
    ends, labels = [], []
    for hue, (family, rows) in zip(HUES, triggers.groupby("family", sort=True), strict=True):
        curve = still_waiting(days_from(rows, "y0_day", "trigger_day"), months)
        left.line(months, curve, hue)
        window = int(rows["window_months"].iloc[0])
        x, y = left.at(window, float(np.interp(window, months, curve)))
        canvas.add("circle", cx=x, cy=y, r=3.5, fill=PAPER, stroke=hue, stroke_width=1.8)
        ends.append(left.at(HORIZON, curve[-1])[1])
        labels.append((NAMES[str(family)], hue))
    for y, (label, hue) in zip(spread(ends, 16), labels, strict=True):
        canvas.text(356, y + 4, label, hue)
    _both_courses(canvas, triggers, months)
    canvas.text(50, 392, "Circle: end of the family's window.", SOFT)
    return canvas


def _both_courses(canvas: Canvas, triggers: pd.DataFrame, months: Floats) -> None:
    cases = triggers[triggers["unoperated"] & triggers["position"].isin(("against", "alternative"))]
    right = Panel(canvas, 550, 44, 220, 290, (0, HORIZON), (0, 1))
    right.axes(
        ticks(0, 12, 24, 36), percent(0, 0.25, 0.5, 0.75, 1), "months after the opinion",
        "The same members, advised against",
    )  # fmt: skip
    for course, hue, label in (("0", QUIET, "without"), ("1", ACCENT, "with opinion")):
        curve = still_waiting(days_from(cases, f"y{course}_day", "t0_day"), months)
        right.line(months, curve, hue, 2.4)
        canvas.text(776, right.at(HORIZON, curve[-1])[1] + 4, label, INK)
