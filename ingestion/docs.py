"""Writes the tables of three docs pages from the contracts: `python -m ingestion.docs`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ingestion.contract import (
    Column,
    Feed,
    Layout,
    feed_names,
    layout_names,
    load_feed,
    load_layout,
)
from ingestion.messages import ACTIONS, RULES
from ingestion.readers._mapping import Options

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, LAYOUTS_PAGE, CODES_PAGE = (DOCS / f"{name}.md" for name in ("feeds", "layouts", "codes"))
LINK_WORDS = {
    "same_id": "the same id again",
    "original_id": "a new id that names the first one",
    "reversal_pair": "a reversal with opposite amounts, then the new claim",
    "none": "no later versions",
}
ABSENCE_WORDS = {
    "says_nothing": "says nothing",
    "ends_coverage": "is no longer covered",
    "other_period": "says nothing: the file is about its own period",
}
# What the page says of a column that identifies a person.
KEPT = {"raw": "", "vault": " (kept in the vault only)", "both": " (also kept in the vault)"}
SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


REACH_WORDS = {
    "row": "the row",
    "claim": "all rows of the claim in the file",
    "member": "all rows of the member in the file",
}


def page(text: str) -> str:
    """The page with every generated section written anew."""
    sections = {
        "layouts": layouts,
        "feeds": feeds,
        "codes": codes,
        "meanings": meanings,
        "kinds": kinds,
    }
    return SECTION.sub(lambda found: f"{found[1]}{sections[found[2]]()}\n{found[3]}", text)


def layouts() -> str:
    rows = []
    for name in layout_names():
        layout = load_layout(name)
        end = f"`{layout.trailer}` line" if layout.trailer else "none"
        form = f"{_form(layout)}, {' or '.join(layout.containers)}"
        rows.append((f"`{name}`", form.replace("|", "\\|"), end, str(layout.max_fraction),
                     ", ".join(layout.feeds)))  # fmt: skip
    return _table(("layout", "form, container", "trailer", "decimals at most", "feeds"), rows)


def _form(layout: Layout) -> str:
    if layout.reader is None:
        return f"`{layout.delimiter}`"
    if isinstance(layout.options, Options):
        return f"`{layout.options.delimiter}`"
    return f"reader `{layout.reader}`"


def meanings() -> str:
    """What each layout says about money, versions, denials and absence, feed by feed."""
    return "\n\n".join(_meaning(load_layout(name)) for name in layout_names())


def _meaning(layout: Layout) -> str:
    rows = [
        (
            f"`{feed}`",
            _amounts(layout, feed),
            _versions(layout, feed),
            layout.denials.get(feed, ""),
            ABSENCE_WORDS.get(layout.absence.get(feed, ""), ""),
        )
        for feed in layout.feeds
    ]
    head = ("feed", "amounts", "versions", "a denial is", "a person who is missing")
    return f"### {layout.name}\n\n{layout.description}.\n\n{_table(head, rows)}"


def _amounts(layout: Layout, feed: str) -> str:
    levels = layout.money_level.get(feed, {})
    return ", ".join(
        f"`{amount}` of the {'claim, counted once' if level == 'header' else 'line'}"
        + ("" if kind == "default" else f" if {kind}")
        for amount, by_type in levels.items()
        for kind, level in by_type.items()
    )


def _versions(layout: Layout, feed: str) -> str:
    if feed not in layout.versions:
        return ""
    order = ", ".join(f"`{column}`" for column in layout.versions[feed]["order"])
    return f"{LINK_WORDS[layout.links.get(feed, 'none')]}; ordered by {order}"


def kinds() -> str:
    """Kinds of files of the mapped layouts: how each is known and what it fills."""
    rows = []
    for name in layout_names():
        options = load_layout(name).options
        for kind in options.kinds if isinstance(options, Options) else ():
            feeds = ", ".join(dict.fromkeys(row.feed for row in kind.rows))
            rows.append((f"`{name}`", kind.name, feeds or f"none: `{kind.refused}`",
                         ", ".join(f"`{column}`" for column in kind.header)))  # fmt: skip
    return _table(("layout", "kind", "fills", "columns that make it this kind"), rows)


def feeds() -> str:
    return "\n\n".join(_feed(name) for name in feed_names())


def _feed(name: str) -> str:
    feed = load_feed(name)
    rows = [
        (f"`{c.name}`", c.type, _need(c), _limits(c), c.description + KEPT[c.kept_in])
        for c in _folded(name)
    ]
    control = f" Control column: `{feed.control_column}`." if feed.control_column else ""
    table = _table(("column", "type", "required", "limits", "meaning"), rows)
    return f"### {name}\n\n{feed.description}{control}\n\n{table}{_rules(feed)}"


def _rules(feed: Feed) -> str:
    rows = [
        (f"`{rule.name}`", f"`{rule.code}`", RULES[rule.code].expected, REACH_WORDS[rule.reach])
        for rule in feed.rules
    ]
    head = ("rule across columns", "code", "expected", "what stays out with it")
    return f"\n\n{_table(head, rows)}" if rows else ""


def _folded(name: str) -> list[Column]:
    """Columns with the numbered ones shown once: diagnosis_code_1 … _25 as one row."""
    folded: dict[str, Column] = {}
    count: dict[str, int] = {}
    for column in load_feed(name).columns:
        stem = re.sub(r"_\d+$", "_N", column.name)
        folded.setdefault(stem, column)
        count[stem] = count.get(stem, 0) + 1
    return [
        replace(
            column,
            name=stem if count[stem] == 1 else f"{stem[:-1]}1 … {count[stem]}",
            description=re.sub(r" 1$", "", column.description),
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


CODE_HEADS = {
    "refused": "Whole files that are refused",
    "held": "Whole files that wait for a steward",
    "waiting": "Whole files that are left for the next look",
    "quarantined": "Rows that are quarantined",
    "accepted": "Warnings: taken in all the same",
    "skipped": "Known, and nothing to store",
    "withdrawn": "Taken out by a steward",
}


def codes() -> str:
    """Every code by what happens to the file or the row."""
    return "\n\n".join(_codes_of(action, head) for action, head in CODE_HEADS.items())


def _codes_of(action: str, head: str) -> str:
    rows = [
        (f"`{code}`", rule.broken, rule.expected, rule.fix)
        for code, rule in sorted(RULES.items())
        if rule.action == action
    ]
    table = _table(("code", "rule broken", "expected", "the sender should"), rows)
    return f"## {head}\n\nWhat was done: {ACTIONS[action]}.\n\n{table}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    for path in (PAGE, LAYOUTS_PAGE, CODES_PAGE):
        path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
