"""One pass over one file: header, rows judged one by one, trailer, ledger.

`check` and `load` both read files through `FileReader`; they differ only in what they do with the
accepted lines. COPY lines carry the used columns only, in file order, and need no further look.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ingestion.contract import Feed, Layout
from ingestion.dialect import join, split
from ingestion.errors import Refused
from ingestion.header import Header, bind
from ingestion.lexical import Judge, block_pattern, decimal_pattern, line_pattern
from ingestion.records import Rejected
from ingestion.repeats import Repeats
from ingestion.stream import Block, TextFile

# Codes of one value that condemn the whole file.
WHOLE_FILE = ("E-TENANT",)
CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Trailer:
    """rows: data lines the sender counted; total: sum of the control column, None if not given.

    payor: whose file it is, None if not said.
    """

    line: int
    rows: int
    total: Decimal | None
    payor: str | None = None


@dataclass
class Ledger:
    """Where every physical line, or source record, went.

    accepted: stored; skipped: code -> records that are known and hold nothing to store.
    """

    lines: int = 0
    header_lines: int = 0
    trailer_lines: int = 0
    blank_lines: int = 0
    accepted: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    # code -> rows that were taken in with a warning
    noted: Counter[str] = field(default_factory=Counter)
    # The control column of rejected and skipped rows; unreadable: rows whose amount is not one.
    left_out_total: Decimal = Decimal(0)
    unreadable: int = 0

    @property
    def rows(self) -> int:
        return self.accepted + self.skipped.total() + len(self.rejected)


@dataclass
class Accepted:
    """Accepted rows of one block: runs of consecutive lines, each with its first record number."""

    runs: list[tuple[int, list[str]]] = field(default_factory=list)

    def add(self, number: int, line: str) -> None:
        """One more row."""
        first, lines = self.runs[-1] if self.runs else (0, [])
        if lines and first + len(lines) == number:
            lines.append(line)
        else:
            self.runs.append((number, [line]))

    def __len__(self) -> int:
        return sum(len(lines) for _, lines in self.runs)


class FileReader:
    """Reads one file once. Iterate `accepted()` to its end, then `header`, `ledger`, `trailer`."""

    def __init__(self, file: TextFile, feed: Feed, layout: Layout) -> None:
        layout = layout.in_form(file.is_table)
        self.file, self.feed, self.layout = file, feed, layout
        self.ledger = Ledger()
        self.trailer: Trailer | None = None
        self.warnings: list[str] = []
        self.header: Header
        self._blocks = file.blocks()
        self._repeats = Repeats(file, feed)
        self._first = self._open()
        self._amount = re.compile(decimal_pattern(layout.max_fraction))
        self._judge = Judge(feed, layout, self.header)
        conditional = any(column.required_when for column in feed.columns)
        # Conditions look across columns, which the line pattern cannot: those feeds are small.
        self._pattern = re.compile("(?!)") if conditional else line_pattern(self.header, layout)
        is_plain = self.header.uses_all and not conditional
        self._right_lines = block_pattern(self.header, layout) if is_plain else None

    def _open(self) -> Block:
        """First block without the header line, which is bound. Raises Refused."""
        block = next(self._blocks)  # an empty file is refused by the stream
        block.require_whole_header()
        self.header = bind(block.lines[0], self.feed, self.layout)
        self.ledger.header_lines = 1
        if self.file.has_bom:
            self.warnings.append("W-BOM")
        return block.after_first()

    def accepted(self) -> Iterator[Accepted]:
        """Accepted rows block by block; ends with the rules on the whole file. Raises Refused."""
        yield self._block(self._first)
        for block in self._blocks:
            yield self._block(block)
        yield self._unlike()
        self.ledger.lines = self.file.lines
        self._finish()

    def _block(self, block: Block) -> Accepted:
        if not block.data:
            return Accepted()
        repeated = self._repeats.of(block)
        if repeated or self.trailer or self._right_lines is None:
            taken = self._by_lines(block, repeated)
        else:
            taken = self._by_runs(block, self._right_lines)
        block.count = len(block.lines)
        self.ledger.accepted += len(taken)
        return taken

    def _by_runs(self, block: Block, right_lines: re.Pattern[str]) -> Accepted:
        """Runs of right lines in one match each; every line between them is judged by itself."""
        taken, text, lines, at, line = Accepted(), block.text, block.lines, 0, 0
        while at < len(text):
            found = None if self.trailer else right_lines.match(text, at)
            end = found.end() if found else at
            if end > at:
                count = text.count("\n", at, end)
                taken.runs.append((block.first + line, lines[line : line + count]))
                line, at = line + count, end
                continue
            is_open = block.ends_open and line == len(lines) - 1
            row = self._slow(block.first + line, lines[line], is_open)
            if row is not None:
                taken.add(block.first + line, row)
            at, line = at + len(lines[line]) + 1, line + 1
        return taken

    def _by_lines(self, block: Block, repeated: frozenset[int]) -> Accepted:
        """Every line by itself: unused columns, rules across columns, lines that came before."""
        taken, last = Accepted(), block.first + len(block.lines) - 1
        for number, line in enumerate(block.lines, block.first):
            match = None if self.trailer else self._pattern.fullmatch(line)
            if match:
                row: str | None = line if self.header.uses_all else self._project(match)
            else:
                row = self._slow(number, line, block.ends_open and number == last)
            if row is None:
                continue
            if number in repeated:
                self._skip(number, line)
            else:
                taken.add(number, row)
        return taken

    def _project(self, match: re.Match[str]) -> str:
        return self.layout.delimiter.join(match.groups())

    def _skip(self, number: int, line: str, times: int = 1) -> None:
        """A good row that came before in this file. times: -1 takes that back."""
        self.ledger.skipped["I-DUPROW"] += times
        self._leave_out(split(line, self.layout.delimiter, number), times)

    def _unlike(self) -> Accepted:
        """Rows that only looked like an earlier one."""
        taken = Accepted()
        for number, line in self._repeats.mistaken():
            fields = split(line, self.layout.delimiter, number)
            if self._judge.reason(fields) is None:
                self._skip(number, line, times=-1)
                taken.add(number, join(self.header.used(fields), self.layout.delimiter))
        self.ledger.accepted += len(taken)
        return taken

    def _slow(self, number: int, line: str, is_open: bool) -> str | None:
        """COPY line of an acceptable row, None for a line that is not one. Raises Refused."""
        if not line:
            self.ledger.blank_lines += 1
            return None
        if self.trailer:
            raise Refused("E-TRAILER", number, found="duplicate")
        fields = split(line, self.layout.delimiter, number)
        if self.layout.trailer and fields[0] == self.layout.trailer:
            self.trailer = self._read_trailer(number, fields, is_open)
            return None
        reason = self._judge.reason(fields)
        if reason is None:
            return join(self.header.used(fields), self.layout.delimiter)
        if is_open:
            # The last line has no end and is not a row: the file stops in the middle of it.
            raise Refused("E-TRAILER" if self.layout.trailer else "E-TRUNC", number)
        if reason[0] in WHOLE_FILE:
            raise Refused(reason[0], number, reason[1], "unknown-code")
        self._reject(number, reason, fields)
        return None

    def _reject(self, number: int, reason: tuple[str, str | None], fields: list[str]) -> None:
        self.ledger.rejected.append(Rejected(number, *reason))
        self._leave_out(fields)

    def _leave_out(self, fields: list[str], times: int = 1) -> None:
        """Keeps the amount that the trailer counts and the database will not hold."""
        control = self.feed.control_column
        if control is None or control not in self.header.positions:
            return
        whole = len(fields) == len(self.header.columns)
        value = self.header.value(fields, control) if whole else "?"
        if self._amount.fullmatch(value):
            self.ledger.left_out_total += times * Decimal(value).quantize(CENT)
        elif value:
            self.ledger.unreadable += times

    def _read_trailer(self, number: int, fields: list[str], is_open: bool) -> Trailer:
        self.ledger.trailer_lines += 1
        # An open last line may have lost digits of its count or total.
        if is_open or len(fields) not in (3, 4) or not re.fullmatch("[0-9]{1,12}", fields[1]):
            raise Refused("E-TRAILER", number, found="truncated" if is_open else "not-a-number")
        total = self._control_total(number, fields[2])
        return Trailer(number, int(fields[1]), total, fields[3] if len(fields) == 4 else None)

    def _control_total(self, number: int, text: str) -> Decimal | None:
        if self.feed.control_column is None:
            if text:
                raise Refused("E-TRAILER", number, found="out-of-range")
            return None
        if not re.fullmatch(r"-?[0-9]{1,14}\.[0-9]{2,4}", text):
            raise Refused("E-TRAILER", number, found="not-a-number" if text else "empty")
        return Decimal(text)

    def _finish(self) -> None:
        """Rules that need the whole file, except the control total. Raises Refused."""
        ledger = self.ledger
        if self.layout.trailer and not self.trailer:
            raise Refused("E-TRAILER", ledger.lines, found=f"missing({ledger.rows})")
        if self.trailer and self.trailer.rows != ledger.rows:
            raise Refused("E-COUNT", self.trailer.line, found=f"count({ledger.rows})")
        ids = (at for at, column in enumerate(self.header.columns) if column and column.is_code)
        if self.file.has_numbers_at(ids):
            self.warnings.append("W-IDFMT")
        if ledger.rows == 0:
            self.warnings.append("W-NOROWS")

    def verify_total(self, accepted_total: Decimal) -> None:
        """Compares the trailer's control total. accepted_total: of the rows taken in.

        Rows whose amount cannot be read make the total unverifiable: W-TOTAL instead of E-TOTAL.
        Raises Refused.
        """
        if self.trailer is None or self.trailer.total is None:
            return
        gap = self.trailer.total - accepted_total - self.ledger.left_out_total
        if gap and self.ledger.unreadable:
            self.warnings.append("W-TOTAL")
        elif gap:
            raise Refused("E-TOTAL", self.trailer.line, self.feed.control_column, "out-of-range")
