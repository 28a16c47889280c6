"""Writes the tables of docs/feeds.md from the contracts: `python -m ingestion.docs`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ingestion.contract import Column, feed_names, layout_names, load_feed, load_layout
from ingestion.messages import ACTIONS, RULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "feeds.md"
SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str) -> str:
    """The page with every generated section written anew."""
    sections = {"layouts": layouts, "feeds": feeds, "codes": codes}
    return SECTION.sub(lambda found: f"{found[1]}{sections[found[2]]()}\n{found[3]}", text)


def layouts() -> str:
    rows = []
    for name in layout_names():
        layout = load_layout(name)
        end = f"`{layout.trailer}` line" if layout.trailer else "none"
        form = f"`{layout.delimiter}`, {' or '.join(layout.containers)}"
        rows.append((f"`{name}`", form.replace("|", "\\|"), end, str(layout.max_fraction),
                     ", ".join(layout.feeds)))  # fmt: skip
    return _table(("layout", "delimiter, container", "trailer", "decimals at most", "feeds"), rows)


def feeds() -> str:
    return "\n\n".join(_feed(name) for name in feed_names())


def _feed(name: str) -> str:
    feed = load_feed(name)
    rows = [(f"`{c.name}`", c.type, _need(c), _limits(c), c.description) for c in _folded(name)]
    control = f" Control column: `{feed.control_column}`." if feed.control_column else ""
    table = _table(("column", "type", "required", "limits", "meaning"), rows)
    return f"### {name}\n\n{feed.description}{control}\n\n{table}"


def _folded(name: str) -> list[Column]:
    """Columns with the numbered ones shown once: diagnosis_code_1 … _25 as one row."""
    folded: dict[str, Column] = {}
    count: dict[str, int] = {}
    for column in load_feed(name).columns:
        stem = re.sub(r"_\d+$", "_N", column.name)
        folded.setdefault(stem, column)
        count[stem] = count.get(stem, 0) + 1
    return [
        Column(
            name=stem if count[stem] == 1 else f"{stem[:-1]}1 … {count[stem]}",
            type=column.type,
            description=re.sub(r" 1$", "", column.description),
            required=column.required,
            required_when=column.required_when,
            values=column.values,
            max_length=column.max_length,
        )
        for stem, column in folded.items()
    ]


def _need(column: Column) -> str:
    if column.required_when:
        return "when `{}` is `{}`".format(*column.required_when)
    return "yes" if column.required else ""


def _limits(column: Column) -> str:
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    return f"{column.max_length} characters" if column.type == "text" else ""


def codes() -> str:
    rows = [
        (f"`{code}`", ACTIONS[rule.action], rule.broken, rule.expected, rule.fix)
        for code, rule in RULES.items()
    ]
    return _table(("code", "what happens", "rule broken", "expected", "what to fix"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
