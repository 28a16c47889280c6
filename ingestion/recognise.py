"""Which layout and feed a file has, and why: from its first bytes, its header, its last line."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingestion.contract import (
    CONTAINERS,
    Feed,
    Layout,
    layout_names,
    load_feed,
    load_layout,
)
from ingestion.errors import Refused
from ingestion.header import bind, header_names
from ingestion.readers import load_reader
from ingestion.records import Match
from ingestion.stream import TextFile

# A header that shares fewer names than this with every feed is not one of ours at all.
LIKENESS = 0.5


@dataclass(frozen=True)
class Known:
    """What a file was taken for. refused: code of a kind that is known and never taken in."""

    layout: Layout
    feed: Feed
    reason: str
    refused: str | None = None


def recognise(path: Path, layout: str | None = None) -> Known | None:
    """What a file is, None if it is like nothing known. Raises FileUnreadableError.

    layout: when given, only the feed is looked for.
    """
    file = TextFile(path, CONTAINERS)
    start = file.start()
    layouts = [load_layout(name) for name in ([layout] if layout else layout_names())]
    if file.is_table:
        layouts = [one.in_form(True) for one in layouts if "parquet" in one.containers]
    read = _by_reader(start, [one for one in layouts if one.reader])
    if read and read[1].score >= 1:
        return _known(*read)
    flat = _flat(path, [one for one in layouts if not one.reader])
    if flat and (read is None or flat[1].score >= read[1].score):
        return _known(*flat)
    return _known(*read) if read else None


def match(start: bytes, layout: Layout) -> Match | None:
    """What the layout's reader says of the first bytes. Only for layouts with a reader."""
    assert layout.reader
    return load_reader(layout.reader).recognise(start, layout)


def _known(layout: Layout, match: Match) -> Known:
    return Known(layout, load_feed(match.feed), match.reason, match.refused)


def _by_reader(start: bytes, layouts: Iterable[Layout]) -> tuple[Layout, Match] | None:
    found = [(one, seen) for one in layouts if (seen := match(start, one))]
    return max(found, key=lambda pair: pair[1].score, default=None)


def _flat(path: Path, layouts: list[Layout]) -> tuple[Layout, Match] | None:
    """The flat layout whose header fits; else the nearest, if it is near enough."""
    first = TextFile(path, CONTAINERS).first_line()
    pairs = [(one, load_feed(feed)) for one in layouts for feed in one.feeds]
    if not pairs:
        return None
    last = _last_line(path)
    fitting = [pair for pair in pairs if _fits(first, *pair)]
    if fitting:
        layout, feed = max(fitting, key=lambda pair: _preference(pair[0], first, last))
        return layout, Match(feed.name, _reason(layout, feed, first, last))
    layout, feed = max(
        pairs, key=lambda pair: (_likeness(first, *pair), _preference(pair[0], first, last))
    )
    likeness = _likeness(first, layout, feed)
    if likeness < LIKENESS:
        return None
    share = f"{likeness:.0%} of the header's names are columns of {feed.name}, not all"
    return layout, Match(feed.name, share, score=min(likeness, 0.99))


def _reason(layout: Layout, feed: Feed, first: str, last: str) -> str:
    count = len(header_names(first, layout.delimiter))
    text = f"the header's {count} names are columns of {feed.name}"
    if layout.trailer and last.startswith(layout.trailer):
        return f"{text} and the last line is a trailer"
    if layout.recognised_by:
        return f"{text}, among them {', '.join(layout.recognised_by)}"
    return text


def _last_line(path: Path) -> str:
    """Last filled line, as far as the file can be read."""
    last = ""
    with suppress(Refused):
        for block in TextFile(path, CONTAINERS).blocks():
            last = next((line for line in reversed(block.lines) if line), last)
    return last


def _fits(line: str, layout: Layout, feed: Feed) -> bool:
    try:
        bind(line, feed, layout)
    except Refused:
        return False
    # a layout that reads unknown columns past is known by its own columns only
    return not layout.ignores_unknown or set(layout.recognised_by) <= set(_names(line, layout))


def _preference(layout: Layout, first: str, last: str) -> tuple[int, int]:
    """A trailer decides; without one, the layout whose own columns are all there."""
    if layout.trailer:
        return (2 if last.startswith(layout.trailer) else 0), 0
    own = set(layout.recognised_by) <= set(_names(first, layout))
    return (1 if own else -1), len(layout.recognised_by)


def _names(line: str, layout: Layout) -> list[str]:
    """Names of a line that may be no header at all."""
    with suppress(Refused):
        return header_names(line, layout.delimiter)
    return []


def _likeness(line: str, layout: Layout, feed: Feed) -> float:
    """Share of the header's names that the feed knows."""
    names = _names(line, layout)
    known = {*feed.names, *layout.unused_columns.get(feed.name, ())}
    return len(known.intersection(names)) / max(len(names), len(feed.required), 1)
