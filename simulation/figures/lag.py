"""What is known of a month of service as it ages."""

from __future__ import annotations

import numpy as np

from simulation.base_world import B
from simulation.figures.common import SEED, world_history
from simulation.figures.svg import ACCENT, INK, PAPER, SOFT, Canvas
from simulation.history import NEVER, horizon_day
from simulation.lags import lag_days
from simulation.rivals.cases import Floats
from simulation.timeline import month_start


def lag() -> Canvas:
    """Claims of operations by month of service and age, as known on the last day."""
    triggers = world_history(B).triggers
    days = triggers["operated_day"].to_numpy()
    days = days[(days != NEVER) & (days <= horizon_day(B))]
    hospital = np.zeros(len(days), dtype=bool)
    come = days + lag_days(B, hospital, days, np.random.default_rng(SEED))
    canvas = Canvas(860, 412, "Share of operations received, by month of service and age")
    rows, ages, size = 14, 14, 25
    canvas.text(20, 20, "Claims of operations received so far, % of their month", weight="600")
    for row in range(rows):
        _lag_row(canvas, B.months - rows + row, row, (days, come), ages, size)
    for age in range(ages):
        x = 150 + age * (size + 15) + (size + 13) / 2
        canvas.text(x, 42, f"{age}", SOFT, "middle")
    canvas.text(140, 42, "month of service", SOFT, "end")
    canvas.text(720, 42, "months of age", SOFT)
    canvas.text(470, 340, "not known yet: after the last day of the world", SOFT)
    return canvas


def _lag_row(
    canvas: Canvas, month: int, row: int, both: tuple[Floats, Floats], ages: int, size: int
) -> None:
    """One month of service: a cell for every age that has come to pass."""
    days, come = both
    inside = (days >= month_start(month)) & (days < month_start(month + 1))
    y = 50 + row * size
    shown = str(np.datetime64("2021-07") + month)
    canvas.text(140, y + 16, shown, SOFT, "end")
    for age in range(min(ages, B.months - month)):
        share = float((come[inside] < month_start(month + age + 1)).mean())
        x = 150 + age * (size + 15)
        canvas.add(
            "rect", x=x, y=y, width=size + 13, height=size - 2, fill=ACCENT,
            fill_opacity=f"{0.06 + 0.84 * share**3:.2f}",
        )  # fmt: skip
        ink = PAPER if share > 0.8 else INK
        canvas.text(x + (size + 13) / 2, y + 16, f"{100 * share:.0f}", ink, "middle")
