"""Which layout and feed a file has, from its header names and its last line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ingestion.contract import (
    Feed,
    Layout,
    layout_names,
    load_feed,
    load_layout,
)
from ingestion.errors import Refused
from ingestion.header import bind, header_names
from ingestion.stream import TextFile

# A header that shares fewer names than this with every feed is not one of ours at all.
LIKENESS = 0.5


def recognise(path: Path, layout: str | None = None) -> tuple[Layout, Feed] | None:
    """Layout and feed of a file, None if its header is like nothing known.

    layout: when given, only the feed is looked for.
    """
    first, last = TextFile(path).first_line(), _last_line(path)
    layouts = [load_layout(name) for name in ([layout] if layout else layout_names())]
    pairs = [(one, load_feed(feed)) for one in layouts for feed in one.feeds]
    fitting = [pair for pair in pairs if _fits(first, *pair)]
    if fitting:
        return max(fitting, key=lambda pair: _preference(pair[0], first, last))
    nearest = max(
        pairs, key=lambda pair: (_likeness(first, *pair), _preference(pair[0], first, last))
    )
    return nearest if _likeness(first, *nearest) >= LIKENESS else None


def _last_line(path: Path) -> str:
    """Last filled line, as far as the file can be read."""
    last = ""
    with suppress(Refused):
        for block in TextFile(path).blocks():
            last = next((line for line in reversed(block.lines) if line), last)
    return last


def _fits(line: str, layout: Layout, feed: Feed) -> bool:
    try:
        bind(line, feed, layout)
    except Refused:
        return False
    return True


def _preference(layout: Layout, first: str, last: str) -> tuple[int, int]:
    """A trailer decides; without one, the layout whose own columns are all there."""
    if layout.trailer:
        return (2 if last.startswith(layout.trailer) else 0), 0
    own = set(layout.recognised_by) <= set(header_names(first, layout.delimiter))
    return (1 if own else -1), len(layout.recognised_by)


def _likeness(line: str, layout: Layout, feed: Feed) -> float:
    """Share of the header's names that the feed knows."""
    with suppress(Refused):
        names = header_names(line, layout.delimiter)
        known = {*feed.names, *layout.unused_columns.get(feed.name, ())}
        return len(known.intersection(names)) / max(len(names), len(feed.required))
    return 0.0
