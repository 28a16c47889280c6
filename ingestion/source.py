"""One pass over one file of a layout with a reader: records judged whole, canonical rows, ledger.

A source record enters with all its canonical rows or not at all: each value is held against the
feed's column before anything is sent to the database, by the same patterns as flat files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from ingestion.contract import Column, Feed, Layout, load_feed
from ingestion.errors import Refused
from ingestion.lexical import text_reason, unfit, value_pattern
from ingestion.reader import WHOLE_FILE, Ledger
from ingestion.readers import load_reader
from ingestion.records import (
    Item,
    Once,
    Outside,
    Parties,
    Record,
    Rejected,
    Skipped,
    Warned,
)
from ingestion.stream import TextFile

BATCH = 5000
REMEMBERED = 1 << 13
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# feed -> (record_no, expansion_no, filled columns)
Batch = dict[str, list[tuple[int, int, Mapping[str, str]]]]


class RowJudge:
    """Holds canonical rows of one feed against its contract."""

    def __init__(self, feed: Feed, layout: Layout) -> None:
        self.feed, self.layout = feed, layout
        self._required = feed.required
        # Values that were found right: most of a column's values come again.
        self._right: dict[str, set[str]] = {column.name: set() for column in feed.columns}
        self._conditions = [
            (column.name, *column.required_when) for column in feed.columns if column.required_when
        ]

    @cached_property
    def _columns(self) -> dict[str, tuple[Column, re.Pattern[str] | None]]:
        return {
            column.name: (column, self._pattern(column))
            for column in self.layout.columns(self.feed)
        }

    def _pattern(self, column: Column) -> re.Pattern[str] | None:
        if column.type == "text" and not column.values:
            return None
        return re.compile(value_pattern(column, self.layout))

    def reason(self, row: Mapping[str, str]) -> tuple[str, str] | None:
        """(code, column) of the first thing wrong; None = nothing.

        Raises KeyError for a column that the feed does not have: a fault of the reader.
        """
        for name, value in row.items():
            right = self._right[name]
            if value in right or not value:
                continue
            code = self._code(name, value)
            if code:
                return code, name
            if len(right) < REMEMBERED:
                right.add(value)
        return self._missing(row)

    def _code(self, name: str, value: str) -> str | None:
        column, pattern = self._columns[name]
        if pattern is not None:
            return None if pattern.fullmatch(value) else unfit(column, value)
        if code := text_reason(column, value):
            return code
        return "Q-CTRL" if not value.isprintable() and UNSTORABLE.search(value) else None

    def _missing(self, row: Mapping[str, str]) -> tuple[str, str] | None:
        for name in self._required:
            value = row.get(name)
            if not value or value.isspace():
                return "Q-REQ", name
        for name, other, value in self._conditions:
            if row.get(other) == value and not row.get(name):
                return "Q-REQ", name
        return None


class SourceReader:
    """Reads one file once through the layout's reader. Iterate `batches()` to its end."""

    def __init__(
        self,
        file: TextFile,
        layout: Layout,
        feed: Feed,
        narrow: Callable[[Feed], Feed] = lambda feed: feed,
    ) -> None:
        layout = layout.in_form(file.is_table)
        self.file, self.layout, self.feed = file, layout, feed
        self.ledger = Ledger()
        self.warnings: list[str] = []
        self.marks: list[str] = []
        self.parties: list[tuple[str, ...]] = []
        self._judges = {name: RowJudge(narrow(load_feed(name)), layout) for name in layout.feeds}

    def batches(self) -> Iterator[Batch]:
        """Canonical rows by feed. The ledger is complete at the end. Raises Refused."""
        assert self.layout.reader  # the caller looked
        batch: Batch = {}
        held = 0
        for item in load_reader(self.layout.reader).read(self.file, self.layout, self.feed.name):
            held += self._take(item, batch)
            if held >= BATCH:
                yield batch
                batch, held = {}, 0
        self._finish()
        yield batch

    def _take(self, item: Item, batch: Batch) -> int:
        """Canonical rows added to the batch."""
        match item:
            case Record():
                return self._record(item, batch)
            case Rejected():
                self.ledger.rejected.append(item)
            case Skipped():
                self.ledger.skipped[item.code] += 1
            case Outside():
                self.ledger.header_lines += item.header
                self.ledger.trailer_lines += item.trailer
                self.ledger.blank_lines += item.blank
            case Warned():
                if item.code not in self.warnings:
                    self.warnings.append(item.code)
            case Once():
                self.marks.append(item.digest)
            case Parties():
                self.parties.append(item.names)
        return 0

    def _record(self, record: Record, batch: Batch) -> int:
        for feed, row in record.rows:
            reason = self._judges[feed].reason(row)
            if reason and record.is_open:
                raise Refused("E-TRUNC", record.record_no, found="truncated")
            if reason and reason[0] in WHOLE_FILE:
                raise Refused(reason[0], record.record_no, reason[1], "unknown-code")
            if reason and record.repeats < 0:
                return 0  # it was rejected when it came first
            if reason:
                self.ledger.rejected.append(Rejected(record.record_no, *reason))
                return 0
        if record.repeats:
            self.ledger.skipped["I-DUPROW"] += record.repeats
        if record.repeats > 0:
            return 0
        self.ledger.accepted += 1
        for number, (feed, row) in enumerate(record.rows, 1):
            batch.setdefault(feed, []).append((record.record_no, number, row))
        return len(record.rows)

    def _finish(self) -> None:
        ledger = self.ledger
        ledger.lines = ledger.header_lines + ledger.trailer_lines + ledger.blank_lines + ledger.rows
        if self.file.has_bom:
            self.warnings.insert(0, "W-BOM")
        if ledger.rows == 0:
            self.warnings.append("W-NOROWS")

    def verify_total(self, accepted_total: object) -> None:
        """These files carry no control total of their own."""
