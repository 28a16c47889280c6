"""Draw the world: `python -m simulation.draw` writes the figures and the tables of the page.

Figures are drawn from the event history of one fixed seed, the last one and the tables from the
measured contests (`simulation.rivals.measure`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation import svg
from simulation.base_world import B, BaseWorld
from simulation.history import NEVER, History, build_history, horizon_day
from simulation.lags import lag_days
from simulation.rivals.cases import Floats, Mask, at_risk, covered
from simulation.rivals.estimands import MONEY
from simulation.rivals.measure import OUT as CONTESTS_FILE
from simulation.rivals.measure import misses
from simulation.rivals.plan import CONTESTS, profile
from simulation.scenarios import SCENARIOS
from simulation.svg import ACCENT, INK, PAPER, QUIET, RULE, SOFT, WARN, Canvas, Panel
from simulation.timeline import DAYS_A_MONTH, month_of, month_start

DOCS = Path(__file__).parents[1] / "docs"
PAGE, FIGURES_DIR = DOCS / "world.md", DOCS / "world"
SEED, MEMBERS = 1, 30_000
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


@lru_cache(maxsize=4)
def world_history(world: BaseWorld) -> History:
    """The history a figure is drawn from."""
    return build_history(replace(world, triggered_share=0.9), profile(), SEED, members=MEMBERS)


def percent(*shares: float) -> list[tuple[float, str]]:
    """Ticks of shares."""
    return [(share, f"{share * 100:.0f} %") for share in shares]


def ticks(*values: float) -> list[tuple[float, str]]:
    """Ticks of plain numbers."""
    return [(value, svg.signed(value)) for value in values]


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
    for y, (label, hue) in zip(svg.spread(ends, 16), labels, strict=True):
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


def lag() -> Canvas:
    """Claims of operations by month of service and age, as known on the last day."""
    world = replace(B, first_trigger_month=6)
    triggers = world_history(world).triggers
    days = triggers["operated_day"].to_numpy()
    days = days[(days != NEVER) & (days <= horizon_day(world))]
    hospital = np.zeros(len(days), dtype=bool)
    come = days + lag_days(world, hospital, days, np.random.default_rng(SEED))
    canvas = Canvas(860, 412, "Share of operations received, by month of service and age")
    rows, ages, size = 14, 14, 25
    canvas.text(20, 20, "Claims of operations received so far, % of their month", weight="600")
    for row in range(rows):
        _lag_row(canvas, world.months - rows + row, row, (days, come), ages, size)
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
        canvas.text(640, y + 18, f"mean severity {svg.signed(round(mean, 2))}")
        canvas.text(640, y + 36, f"{100 * rows['y0'].mean():.0f} % operated without an opinion")
    return canvas


def density(values: Floats, grid: Floats, width: float = 0.28) -> Floats:
    """Gaussian kernel density."""
    z = (grid[:, None] - values[None, :]) / width
    return np.asarray(np.exp(-(z**2) / 2).mean(axis=1) / (width * np.sqrt(2 * np.pi)))


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
            640, place + 18, f"before to after: {svg.signed(round(100 * (after / before - 1)))} %"
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


def contests() -> Canvas:
    """Every seed of every contest: distance from the truth in half-widths of the interval."""
    measured = load()["contests"]
    canvas = Canvas(860, 60 + 30 * len(measured) + 50, "Distance from the truth by scenario")
    panel = Panel(canvas, 230, 50, 590, 30 * len(measured), (-4, 8), (0, len(measured)))
    panel.band(-1, 1)
    labels = [(float(n), svg.signed(n) if n else "truth") for n in (-4, -2, 0, 2, 4, 6)]
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


def load() -> dict[str, Any]:
    """The measured contests."""
    found: dict[str, Any] = json.loads(CONTESTS_FILE.read_text(encoding="utf-8"))
    return found


def ordered(measured: dict[str, Any]) -> list[tuple[str, Any]]:
    """In the order of the scenarios."""
    return [(name, measured[name]) for name in SCENARIOS if name in measured]


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
        return svg.signed(value) if abs(value) < 1e5 else f"{value:,.0f}"
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
