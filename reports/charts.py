"""Hand-written SVG: bars that say their numbers, drawn to fit the page's own font.

A chart is never the only place of a number: its table stands below it, so the drawing is one image
with a short name for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

WIDTH = 720
ROW = 30
BAR = 16
LABEL = 290
VALUE = 128


@dataclass(frozen=True)
class Bar:
    """One bar. tone: accent or quiet. low and high: the ends of the interval, on value's scale."""

    label: str
    value: Decimal
    text: str
    tone: str = "accent"
    low: Decimal | None = None
    high: Decimal | None = None


def bars(name: str, listed: Sequence[Bar], scale: Decimal | None = None) -> str:
    """Horizontal bars from zero, with an interval line where there is one."""
    ends = [bar.high or bar.value for bar in listed]
    full = scale or max([*ends, Decimal(0)]) or Decimal(1)
    drawn = [_bar(bar, index, full) for index, bar in enumerate(listed)]
    return _svg(name, len(listed) * ROW + 4, drawn)


def waterfall(name: str, steps: Sequence[tuple[str, Decimal, bool, str]]) -> str:
    """Levels and the changes between them: (label, amount, is_level, text)."""
    spans = _spans(steps)
    low = min([Decimal(0), *(start for start, _ in spans), *(end for _, end in spans)])
    high = max([Decimal(0), *(start for start, _ in spans), *(end for _, end in spans)])
    width = (high - low) or Decimal(1)
    area = WIDTH - LABEL - VALUE

    def x(amount: Decimal) -> float:
        return LABEL + float((amount - low) / width) * area

    drawn = [
        f'<line class="axis" x1="{x(Decimal(0)):.1f}" x2="{x(Decimal(0)):.1f}" y1="0" '
        f'y2="{len(steps) * ROW}"/>'
    ]
    for index, ((label, amount, is_level, text), (start, end)) in enumerate(
        zip(steps, spans, strict=True)
    ):
        left, right = sorted((x(start), x(end)))
        tone = "accent" if is_level else "minus" if amount < 0 else "plus"
        drawn.append(_row(index, label, text, tone, left, max(right - left, 1.0), is_level))
    return _svg(name, len(steps) * ROW + 4, drawn)


def _spans(
    steps: Sequence[tuple[str, Decimal, bool, str]],
) -> list[tuple[Decimal, Decimal]]:
    spans, level = [], Decimal(0)
    for _, amount, is_level, _ in steps:
        start, level = (Decimal(0), amount) if is_level else (level, level + amount)
        spans.append((start, level))
    return spans


def _bar(bar: Bar, index: int, full: Decimal) -> str:
    area = WIDTH - LABEL - VALUE
    length = float(bar.value / full) * area
    drawn = _row(index, bar.label, bar.text, bar.tone, LABEL, length, bar.tone == "quiet")
    if bar.low is None or bar.high is None:
        return drawn
    middle = index * ROW + ROW / 2
    low, high = (LABEL + float(end / full) * area for end in (bar.low, bar.high))
    ends = "".join(f"M{end:.1f} {middle - 4:.1f}v8" for end in (low, high))
    line = f"M{low:.1f} {middle:.1f}H{high:.1f}{ends}"
    # The pale line below keeps the whisker apart from the bar it crosses.
    return f'{drawn}<path class="halo" d="{line}"/><path class="whisker" d="{line}"/>'


def _row(
    index: int, label: str, text: str, tone: str, left: float, length: float, is_strong: bool
) -> str:
    top = index * ROW + (ROW - BAR) / 2
    base = index * ROW + ROW / 2 + 4.5
    weight = ' class="strong"' if is_strong else ""
    return (
        f'<text x="{LABEL - 12}" y="{base:.1f}" text-anchor="end"{weight}>{escape(label)}</text>'
        f'<rect class="{tone}" x="{left:.1f}" y="{top:.1f}" width="{length:.1f}" height="{BAR}"/>'
        f'<text class="value" x="{WIDTH}" y="{base:.1f}" text-anchor="end">{escape(text)}</text>'
    )


def _svg(name: str, height: int, drawn: Sequence[str]) -> str:
    body = "".join(drawn)
    return (
        f'<svg role="img" aria-label="{escape(name, quote=True)}" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">{body}</svg>'
    )
