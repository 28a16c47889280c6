"""Few marks on a canvas, written as SVG by hand: no library, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

INK, SOFT, RULE, PAPER = "#1d2733", "#55606d", "#d9dee4", "#ffffff"
ACCENT, QUIET, WARN, WASH = "#1b5e9b", "#a9b6c3", "#c0660a", "#f0f3f6"
FONT = "'Source Sans 3', 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
Points = Sequence[tuple[float, float]]


def signed(value: float) -> str:
    """A number for readers: a minus sign instead of a hyphen."""
    return f"{value:g}".replace("-", "−")


def number(value: float) -> str:
    """One decimal, no trailing zero, no minus zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


@dataclass(slots=True)
class Canvas:
    """Marks in pixels, from the top left."""

    width: int
    height: int
    title: str
    marks: list[str] = field(default_factory=list)

    def add(self, tag: str, content: str = "", **attributes: float | str) -> None:
        """One element; numbers are rounded, underscores in names become hyphens."""
        parts = [tag]
        for name, value in attributes.items():
            shown = value if isinstance(value, str) else number(value)
            parts.append(f'{name.replace("_", "-")}="{escape(shown)}"')
        close = f">{escape(content)}</{tag}>" if content else "/>"
        self.marks.append(f"<{' '.join(parts)}{close}")

    def text(
        self, x: float, y: float, content: str, color: str = INK, anchor: str = "start",
        weight: str = "400",
    ) -> None:  # fmt: skip
        """Text with its baseline at y."""
        self.add(
            "text", content, x=x, y=y, fill=color, text_anchor=anchor, font_weight=weight
        )  # fmt: skip

    def line(self, points: Points, color: str = INK, width: float = 1.0, dash: str = "") -> None:
        """A line through the points."""
        path = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        more = {"stroke_dasharray": dash} if dash else {}
        self.add("polyline", points=path, fill="none", stroke=color, stroke_width=width, **more)

    def render(self) -> str:
        """The file's text."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" font-family="{FONT}" '
            f'font-size="13">'
        )
        ground = f'<rect width="{self.width}" height="{self.height}" fill="{PAPER}"/>'
        title = f"<title>{escape(self.title)}</title>"
        return "\n".join([head, title, ground, *self.marks, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot inside a canvas: data limits and the pixels they map to."""

    canvas: Canvas
    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def line(
        self, xs: Iterable[float], ys: Iterable[float], color: str, width: float = 1.8,
        dash: str = "",
    ) -> None:  # fmt: skip
        """A line in data units."""
        points = [self.at(x, y) for x, y in zip(xs, ys, strict=True)]
        self.canvas.line(points, color, width, dash)

    def band(self, first: float, last: float, color: str = WASH) -> None:
        """A vertical band between two x."""
        left, right = self.at(first, 0)[0], self.at(last, 0)[0]
        self.canvas.add(
            "rect", x=left, y=self.top, width=right - left, height=self.height, fill=color
        )

    def axes(
        self, xs: Sequence[tuple[float, str]], ys: Sequence[tuple[float, str]], below: str,
        above: str,
    ) -> None:  # fmt: skip
        """Rules and labels; `below` names x, `above` stands over the plot."""
        for value, label in ys:
            y = self.at(self.x[0], value)[1]
            self.canvas.line([(self.left, y), (self.left + self.width, y)], RULE)
            self.canvas.text(self.left - 8, y + 4, label, SOFT, "end")
        foot = self.top + self.height
        for value, label in xs:
            x = self.at(value, self.y[0])[0]
            self.canvas.line([(x, foot), (x, foot + 4)], SOFT)
            self.canvas.text(x, foot + 18, label, SOFT, "middle")
        self.canvas.line([(self.left, foot), (self.left + self.width, foot)], SOFT)
        self.canvas.text(self.left + self.width, foot + 36, below, SOFT, "end")
        self.canvas.text(self.left, self.top - 14, above, INK, weight="600")


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Label positions moved apart to at least `gap`, in their order, around where they were."""
    order = sorted(range(len(positions)), key=lambda n: positions[n])
    placed: list[float] = []
    for n in order:
        wanted = positions[n]
        placed.append(max(wanted, placed[-1] + gap) if placed else wanted)
    shift = sum(p - positions[n] for p, n in zip(placed, order, strict=True)) / max(len(order), 1)
    out = [0.0] * len(positions)
    for place, n in zip(placed, order, strict=True):
        out[n] = place - shift
    return out
