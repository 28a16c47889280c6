"""How severe those are who ask, and those who do not."""

from __future__ import annotations

import numpy as np

from simulation.base_world import B
from simulation.figures.common import ticks, world_history
from simulation.figures.svg import ACCENT, QUIET, SOFT, WARN, Canvas, Panel, signed
from simulation.rivals.cases import Floats, at_risk


def selection() -> Canvas:
    """Severity of members, and of users and non-users with access among the triggered."""
    frame = at_risk(world_history(B))
    frame = frame[frame["has_access"]]
    canvas = Canvas(860, 366, "Who asks for an opinion: distribution of severity")
    panel = Panel(canvas, 50, 44, 570, 270, (-3, 3.5), (0, 0.45))
    panel.axes(
        ticks(-3, -2, -1, 0, 1, 2, 3), [], "severity U (no feed carries it)",
        "Triggered members with access, not yet operated: users are the milder ones",
    )  # fmt: skip
    grid = np.linspace(-3, 3.5, 131)
    panel.line(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), QUIET, dash="5 4")
    canvas.line([(640, 92), (666, 92)], QUIET, 1.8, "5 4")
    canvas.text(674, 96, "all members", SOFT)
    for user, hue, label, y in ((True, ACCENT, "users", 140), (False, WARN, "non-users", 206)):
        rows = frame[frame["user"] == user]
        severity = rows["u"].to_numpy()
        panel.line(grid, density(severity, grid), hue, 2.4)
        mean = float(severity.mean())
        canvas.line([panel.at(mean, 0), panel.at(mean, 0.43)], hue, 1, "2 3")
        canvas.text(640, y, label, hue, weight="600")
        canvas.text(640, y + 18, f"mean severity {signed(round(mean, 2))}")
        canvas.text(640, y + 36, f"{100 * rows['y0'].mean():.0f} % operated without an opinion")
    return canvas


def density(values: Floats, grid: Floats, width: float = 0.28) -> Floats:
    """Gaussian kernel density."""
    z = (grid[:, None] - values[None, :]) / width
    return np.asarray(np.exp(-(z**2) / 2).mean(axis=1) / (width * np.sqrt(2 * np.pi)))
