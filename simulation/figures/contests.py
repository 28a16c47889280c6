"""Every seed of every contest, as a distance from the truth."""

from __future__ import annotations

import numpy as np

from simulation.figures.svg import ACCENT, RULE, SOFT, WARN, Canvas, Panel, signed
from simulation.rivals.cases import Floats
from simulation.rivals.measure import load, ordered
from simulation.scenarios import SCENARIOS


def contests() -> Canvas:
    """Every seed of every contest: distance from the truth in half-widths of the interval."""
    measured = load()["contests"]
    canvas = Canvas(860, 60 + 30 * len(measured) + 50, "Distance from the truth by scenario")
    panel = Panel(canvas, 230, 50, 590, 30 * len(measured), (-4, 8), (0, len(measured)))
    panel.band(-1, 1)
    labels = [(float(n), signed(n) if n else "truth") for n in (-4, -2, 0, 2, 4, 6)]
    panel.axes([*labels, (8.0, "≥ 8")], [], "", "")
    x = panel.at(0, 0)[0]
    canvas.line([(x, 50), (x, 50 + 30 * len(measured))], RULE)
    canvas.text(x, 40, "the interval covers", SOFT, "middle")
    canvas.text(panel.at(4.5, 0)[0], 40, "naive competitor", WARN, "middle", "600")
    canvas.text(panel.at(-2.6, 0)[0], 40, "oracle", ACCENT, "middle", "600")
    for place, (name, found) in enumerate(ordered(measured)):
        middle = len(measured) - place - 0.5
        foot = panel.at(-4, middle)[1]
        canvas.text(20, foot + 4, f"{name}  {SCENARIOS[name].title}")
        for rows, hue, lift in ((found["oracle"], ACCENT, 6), (found["rival"], WARN, -4)):
            _dots(canvas, panel, distances(rows, found["theta"]), foot + lift - 1, hue)
    canvas.text(
        820,
        60 + 30 * len(measured) + 42,
        "distance from the truth, in half-widths of the own 95 % interval",
        SOFT,
        "end",
    )
    return canvas


def _dots(canvas: Canvas, panel: Panel, where: Floats, y: float, hue: str) -> None:
    for value in where:
        x = panel.at(float(np.clip(value, -4, 8)), 0)[0]
        canvas.add("circle", cx=x, cy=y, r=2.6, fill=hue, fill_opacity="0.35")


def distances(rows: list[list[float]], truth: float) -> Floats:
    """(value - truth) / half-width of each kept estimate; an interval of no width is far away."""
    value, lower, upper, _ = np.array(rows).T
    half = (upper - lower) / 2
    gap = value - truth
    return np.where(half > 0, gap / np.where(half > 0, half, 1.0), np.sign(gap) * 99.0)
