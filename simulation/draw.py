"""Draw the world: `python -m simulation.draw` writes the figures and the tables of the page.

Figures are drawn from the event history of one fixed seed, the last one and the tables from the
measured contests (`simulation.rivals.measure`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np

from simulation.base_world import B
from simulation.figures.contests import contests
from simulation.figures.lag import lag
from simulation.figures.regression import regression
from simulation.figures.selection import selection
from simulation.figures.survival import survival
from simulation.figures.svg import Canvas, signed
from simulation.rivals.estimands import MONEY
from simulation.rivals.measure import load, misses, ordered
from simulation.rivals.plan import CONTESTS
from simulation.scenarios import SCENARIOS

DOCS = Path(__file__).parents[1] / "docs"
PAGE, FIGURES_DIR = DOCS / "world.md", DOCS / "world"


def shown(scenario: str, value: float) -> str:
    """A figure in the unit of its estimand: dollars or points."""
    if CONTESTS[scenario].estimand.unit == MONEY:
        return f"{value / 100:,.0f} USD".replace("-", "−")
    return f"{value * 100:.1f}".replace("-", "−")


def table() -> str:
    """Misses over the seeds, as Markdown."""
    measured = load()
    lines = [
        "| scenario | competitor | estimand | truth | competitor says | misses | oracle misses "
        "| without the flaw |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in ordered(measured["contests"]):
        rival = getattr(CONTESTS[name].rival, "__name__", "").replace("_", " ")
        mean = float(np.mean([row[0] for row in found["rival"]]))
        missed = f"{misses(found['rival'], found['theta'])}/{len(found['rival'])}"
        covered_by = f"{misses(found['oracle'], found['theta'])}/{len(found['oracle'])}"
        plain = measured["harmless"].get(name)
        other = f"{misses(plain['rival'], plain['theta'])}/{len(plain['rival'])}" if plain else "–"
        cells = [f"{name} {SCENARIOS[name].title}", rival, CONTESTS[name].estimand.name]
        cells += [shown(name, found["theta"]), shown(name, mean), missed, covered_by, other]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def changes() -> str:
    """What each scenario changes in the base world, as Markdown."""
    lines = ["| scenario | figures changed | what the product must do |", "|---|---|---|"]
    for name, scenario in SCENARIOS.items():
        changed = [
            f"`{item.name}` {_figure(getattr(B, item.name))} → {_figure(value)}"
            for item in fields(B)
            if (value := getattr(scenario.world, item.name)) != getattr(B, item.name)
        ]
        what = "; ".join(changed) or "none"
        lines.append(f"| {name} {scenario.title} | {what} | {scenario.requirement} |")
    return "\n".join(lines)


def _figure(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_figure, value)) or "none"
    if isinstance(value, float):
        return signed(value) if abs(value) < 1e5 else f"{value:,.0f}"
    return "none" if value is None else str(value).replace("_", " ")


def page(text: str) -> str:
    """The page with its tables renewed, between their marks."""
    for mark, made in (("misses", table()), ("changes", changes())):
        pattern = rf"(<!-- {mark} -->\n).*?(\n<!-- end -->)"
        text = re.sub(pattern, lambda found: found[1] + made + found[2], text, flags=re.DOTALL)  # noqa: B023
    return text


FIGURES: dict[str, Callable[[], Canvas]] = {
    "survival": survival,
    "lag": lag,
    "selection": selection,
    "regression": regression,
    "contests": contests,
}


def main() -> None:
    """Write every figure and the table of the page."""
    FIGURES_DIR.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        (FIGURES_DIR / f"{name}.svg").write_text(draw().render(), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
