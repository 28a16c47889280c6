"""Delimited files whose columns are renamed, converted and repeated as a contract says.

A contract lists the kinds of files of a family. A kind is known by the columns its header must
have, wherever they stand; columns that the contract does not name are read past, so a year that
adds, drops or reorders columns needs no new contract. docs/contracts.md explains every key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from operator import itemgetter
from typing import Any

from ingestion.contract import Feed, Layout, load_feed
from ingestion.dialect import split
from ingestion.errors import Refused
from ingestion.header import NOT_A_NAME
from ingestion.readers._mapping import Kind, Options, RowMap, parse
from ingestion.readers._spans import Spans
from ingestion.readers._values import Plan, getters
from ingestion.records import Item, Match, Outside, Record, Rejected, Skipped, Warned
from ingestion.repeats import Repeats
from ingestion.stream import Block, TextFile
from ingestion.strict import Node

# A header that lacks some of a kind's columns is still called by its name, if it has this share.
LIKENESS = 0.7


def options(node: Node) -> Options:
    """The kinds of a family. Raises ContractError."""
    return parse(node)


def recognise(start: bytes, layout: Layout) -> Match | None:
    """The kind whose columns the first line names."""
    line = start.partition(b"\n")[0].decode("utf-8", errors="replace").removesuffix("\r")
    names = set(_names(line, layout.options))
    found = [(_share(kind, names), len(kind.header), kind) for kind in layout.options.kinds]
    share, _, kind = max(found, key=lambda entry: entry[:2])
    if share < LIKENESS:
        return None
    count = len(kind.header)
    told = f"the header has {round(share * count)} of the {count} columns of kind {kind.name}"
    return Match(kind.feed, told, _score(share), kind.refused)


def read(source: TextFile, layout: Layout, feed: str) -> Iterator[Item]:
    """Items of a file of one of the kinds. Raises Refused."""
    reader: _Rows | None = None
    for block in source.blocks():
        at = 0
        if reader is None:
            block.require_whole_header()
            reader, at = _Rows(block.lines[0], layout, source, load_feed(feed)), 1
            yield Outside(header=1)
        yield from reader.items(block, at)
    if reader:
        yield from reader.unlike()
        if source.has_numbers_at(reader.ids):
            yield Warned("W-IDFMT")


def _names(line: str, options: Options) -> list[str]:
    with suppress(Refused):
        return [name.strip().upper() for name in split(line, options.delimiter, 1)]
    return []


def _share(kind: Kind, names: set[str]) -> float:
    if kind.without.intersection(names):
        return 0.0
    return len(names.intersection(kind.header)) / len(kind.header)


def _score(share: float) -> float:
    return 1.0 if share == 1 else share * 0.6


class _Rows:
    """The rows of one file, under its header."""

    def __init__(self, line: str, layout: Layout, source: TextFile, feed: Feed) -> None:
        self.options: Options = layout.options
        names = _names(line, self.options)
        kind = max(self.options.kinds, key=lambda k: (_share(k, set(names)), len(k.header)))
        if kind.refused:
            raise Refused(kind.refused)
        self._check(names, kind)
        self.width = len(names)
        self._repeats = Repeats(source, feed)
        # names of the contract are those of the sender: lower case in messages, never a value
        at = {name: position for position, name in enumerate(names)}
        self.ids = {at[name] for rule in kind.rows for name in _id_columns(rule) if name in at}
        self._maps = [_Mapped(one, at, self.options, source) for one in kind.rows]
        self._skip = [(getters({"": rule.value}, at, self.options)[""], rule.among, rule.code)
                      for rule in kind.skip]  # fmt: skip

    @staticmethod
    def _check(names: list[str], kind: Kind) -> None:
        for ordinal, name in enumerate(names, 1):
            if name not in kind.header and NOT_A_NAME.search(name):
                raise Refused("E-NAME", 1, found=f"unknown-column({ordinal})")
            if name and names.count(name) > 1:
                raise Refused("E-SCHEMA", 1, found="duplicate")
        for name in kind.header:
            if name not in names:
                raise Refused("E-SCHEMA", 1, name.lower(), found="missing")
        for rule in kind.rows:
            for required in load_feed(rule.feed).required:
                sources = [name.replace("@", "1") for name in _columns_of(rule, required)]
                if sources and not set(sources) & set(names):
                    raise Refused("E-SCHEMA", 1, required, found="missing")

    def items(self, block: Block, start: int) -> Iterator[Item]:
        """Items of the lines of a block."""
        repeated = self._repeats.of(block, start)
        last = len(block.lines) - 1
        for at in range(start, len(block.lines)):
            line, number = block.lines[at], block.first + at
            if not line:
                yield Outside(blank=1)
                continue
            is_open = block.ends_open and at == last
            fields = self._fields(line, number, is_open)
            if fields is None:
                yield Rejected(number, "Q-COLS", None)
                continue
            if len(fields) > self.width:
                yield Warned("W-SURPLUS")
            yield self._item(number, fields, is_open, repeats=int(number in repeated))

    def unlike(self) -> Iterator[Item]:
        """Records of lines that only looked like an earlier one."""
        for number, line in self._repeats.mistaken():
            fields = self._fields(line, number, is_open=False)
            item = fields and self._item(number, fields, is_open=False, repeats=-1)
            if isinstance(item, Record):
                yield item

    def _fields(self, line: str, number: int, is_open: bool) -> list[str] | None:
        """Trimmed fields, None for a row that does not fit the header. Raises Refused."""
        try:
            fields = split(line, self.options.delimiter, number)
            if " " in line or "\t" in line:
                fields = [text.strip() for text in fields]
        except Refused:
            if is_open:
                raise Refused("E-TRUNC", number, found="truncated") from None
            raise
        missing = self.width - len(fields)
        if missing > 0 and is_open:
            raise Refused("E-TRUNC", number, found="truncated")
        return None if missing > 0 or -missing > self.options.surplus else fields

    def _item(self, number: int, fields: list[str], is_open: bool, repeats: int) -> Item:
        for getter, among, code in self._skip:
            if getter(fields) in among:
                return Skipped(number, code)
        rows = [(mapped.feed, row) for mapped in self._maps for row in mapped.rows(fields)]
        return Record(number, rows, is_open, repeats)


def _columns_of(rule: RowMap, name: str) -> tuple[str, ...]:
    """Columns of the sender of which one must be there to fill a column of the feed."""
    value = rule.columns.get(name)
    return value.columns if value else ()


def _id_columns(rule: RowMap) -> Iterator[str]:
    """Columns of the sender that become ids or codes as they stand."""
    feed = load_feed(rule.feed)
    for name, value in rule.columns.items():
        if feed.column(name).is_code and value.codes is None:
            for source in value.columns:
                yield from (source.replace("@", str(n)) for n in range(1, rule.lines + 1))


class _Mapped:
    """One canonical feed of a kind: what a source row becomes there."""

    def __init__(
        self, rule: RowMap, at: dict[str, int], options: Options, source: TextFile
    ) -> None:
        self.feed = rule.feed
        self._when = [
            (getters({"": value}, at, options)[""], among, wanted)
            for value, among, wanted in rule.when
            if value.columns[0] in at  # a year without the column says nothing by it
        ]
        self._shared = Plan(rule.shared(), at, options, rule.feed)
        self._lines = [
            (Plan(rule.at_line(n), at, options, rule.feed), self._presence(rule, n, at))
            for n in range(1, rule.lines + 1)
        ]
        self._spans = Spans(rule.spans, at, options, source) if rule.spans else None

    @staticmethod
    def _presence(rule: RowMap, n: int, at: dict[str, int]) -> Callable[[list[str]], Any]:
        names = [name.replace("@", str(n)) for name in rule.present]
        places = [at[name] for name in names if name in at]
        # a single place twice: itemgetter then gives a tuple too
        return itemgetter(*places, *places[:1]) if places else lambda fields: ()

    def rows(self, fields: list[str]) -> Iterator[dict[str, str]]:
        """Canonical rows, filled columns only."""
        if any((getter(fields) in among) is not wanted for getter, among, wanted in self._when):
            return
        shared = self._shared.fill(fields)
        for number, (line, presence) in enumerate(self._lines):
            # the first line stands for the record: a claim without any line is still a claim
            if number and not _is_present(presence(fields)):
                continue
            row = {**shared, **line.fill(fields)}
            if self._spans is None:
                yield row
            else:
                for span in self._spans.of(fields):
                    yield {**row, **span}


def _is_present(values: tuple[str, ...]) -> bool:
    """Whether a line says anything: zeros fill up lines that are not there."""
    return any(values) and any(value.strip("0.") for value in values)
