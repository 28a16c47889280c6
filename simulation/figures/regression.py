"""Cost that rises before a trigger and falls by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.base_world import B
from simulation.figures.common import ticks, world_history
from simulation.figures.svg import ACCENT, SOFT, WARN, Canvas, Panel, signed
from simulation.history import History
from simulation.rivals.cases import Floats, Mask, at_risk, covered
from simulation.scenarios import SCENARIOS
from simulation.timeline import month_of


def regression() -> Canvas:
    """Other cost around the opinion where nothing works: the base's trigger and that of S4."""
    canvas = Canvas(860, 400, "Cost around the trigger in worlds without effect")
    panel = Panel(canvas, 60, 44, 560, 290, (-24, 24), (0, 900))
    panel.band(-6.5, -0.5)
    panel.band(0.5, 12.5)
    ys = ticks(0, 100, 300, 500, 700, 900)
    panel.axes(
        ticks(-24, -18, -12, -6, 0, 6, 12, 18, 24), ys, "months from the opinion",
        "Other cost of users, months −18 to −7 = 100; the opinion does nothing",
    )  # fmt: skip
    offsets = np.arange(-24.0, 25.0)
    for world, hue, label, place in (
        (replace(B, null_effect=True), ACCENT, "trigger as in the base world", 165),
        (SCENARIOS["S4"].world, WARN, "S4: triggered only by a cost shock", 100),
    ):
        line = around(world_history(world), offsets)
        panel.line(offsets, line, hue, 2.2)
        before, after = line[(offsets >= -6) & (offsets < 0)].mean(), line[25:37].mean()
        canvas.text(640, place, label, hue, weight="600")
        canvas.text(
            640, place + 18, f"before to after: {signed(round(100 * (after / before - 1)))} %"
        )
    canvas.text(panel.at(-3.5, 0)[0], 329, "before", SOFT, "middle")
    canvas.text(panel.at(6.5, 0)[0], 329, "after", SOFT, "middle")
    return canvas


def around(history: History, offsets: Floats) -> Floats:
    """Mean other cost of users by month from the opinion, months -18..-7 = 100."""
    frame = at_risk(history)
    frame = frame[frame["user"]]
    row, start = frame["row"].to_numpy(), month_of(frame["t0_day"])
    inside: Mask = covered(history)
    means = []
    for offset in offsets:
        at = start + int(offset)
        valid = (at >= 0) & (at < history.world.months)
        at = np.clip(at, 0, history.world.months - 1)
        valid &= inside[row, at]
        means.append(history.background[row, at][valid].mean())
    line = np.array(means)
    return 100 * line / line[(offsets >= -18) & (offsets <= -7)].mean()
