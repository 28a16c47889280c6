"""First pass over an X12 file: which transaction sets may enter, and why the others may not.

Control numbers and counts stand at the end of what they control, and so does a remittance's
balance: a set can only be judged when it was seen whole. The verdicts keep one entry per set that
may not enter, nothing for the others.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from ingestion.errors import Refused
from ingestion.readers.x12.guides import REMITTANCE, Kind, kind
from ingestion.readers.x12.segments import Batch, Delimiters
from ingestion.readers.x12.values import ZERO, Bad, at, decimal

ENVELOPE = frozenset({"ISA", "TA1", "GS", "ST", "SE", "GE", "IEA"})
MONEY = frozenset({"BPR", "CLP", "PLB"})
SEGMENT_ID = re.compile("[A-Z][A-Z0-9]{1,2}")
SENDER_ID = slice(5, 9)
# sender and receiver of an interchange: ISA06 and ISA08
PARTIES = (6, 8)
# With more sets than this that may not enter, the file is refused: their list would not be bounded.
BAD_LIMIT = 100_000


@dataclass
class Verdicts:
    """What the first pass says. Sets are counted from 1.

    bad: set -> (code, number of its ST segment);
    others: sets of kinds that are known and hold nothing for us; interchanges: in the file;
    marks: digests of sender and control number of the production interchanges that stand;
    parties: sender and receiver of the interchanges, each pair once.
    """

    bad: dict[int, tuple[str, int]] = field(default_factory=dict)
    sets: int = 0
    others: int = 0
    interchanges: int = 0
    segments: int = 0
    first_other: tuple[str, int] | None = None
    marks: list[str] = field(default_factory=list)
    parties: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def good(self) -> int:
        return self.sets - self.others - len(self.bad)

    def refusal(self) -> Refused:
        """Why a file without a single good set is refused: the first thing wrong in it."""
        reasons = sorted((number, code) for code, number in self.bad.values())
        if reasons:
            return Refused(reasons[0][1], reasons[0][0], found="count")
        code, number = self.first_other or ("X-TYPE", 1)
        return Refused(code, number, found="unknown-code")


@dataclass
class _Set:
    """The transaction set being read."""

    number: int
    start: int
    control: str
    kind: Kind
    code: str | None = None
    paid: Decimal | None = None
    claims: Decimal = ZERO
    provider: Decimal = ZERO


@dataclass
class _Span:
    """The group or interchange being read. first: its first set; parts: sets or groups inside."""

    control: str
    start: int
    first: int
    version: str = ""
    parts: int = 0
    code: str | None = None
    # of an interchange: its digest ('' for a test), and the good sets before it
    mark: str = ""
    good_before: int = 0


class Scanner:
    """Judges the envelope. `accept_tests`: test interchanges (ISA15 = T) may enter."""

    def __init__(self, accept_tests: bool) -> None:
        self._accept_tests = accept_tests
        self.verdicts = Verdicts()
        self._set: _Set | None = None
        self._group: _Span | None = None
        self._interchange: _Span | None = None
        self._known: set[str] = set()
        # where each set of the open interchange starts; negative for a set of another kind
        self._starts = array("q")
        self._delimiters: Delimiters

    def scan(self, batches: Iterable[Batch]) -> Verdicts:
        """Verdicts of a whole file. Raises Refused for a file that ends early."""
        for batch in batches:
            self._delimiters = batch.delimiters
            element = batch.delimiters.element
            heads = [segment.split(element, 1)[0] for segment in batch.segments]
            odd = {head for head in set(heads) if not SEGMENT_ID.fullmatch(head)}
            wanted = ENVELOPE | MONEY | odd
            for number, head in enumerate(heads, batch.first):
                if head in wanted:
                    elements = batch.segments[number - batch.first].split(element)
                    self._segment(number, head, elements)
            self.verdicts.segments += len(heads)
        return self.verdicts

    def _segment(self, number: int, head: str, elements: list[str]) -> None:
        if head in MONEY:
            self._money(head, elements)
        elif head == "ISA":
            self._open_interchange(number, elements)
        elif head == "GS":
            self._open_group(number, elements)
        elif head == "ST":
            self._open_set(number, elements)
        elif head == "SE":
            self._close_set(number, elements)
        elif head == "GE":
            self._close_group(elements)
        elif head == "IEA":
            self._close_interchange(elements)
        elif head != "TA1" and self._set:
            self._set.code = self._set.code or "X-SEG"

    # interchange

    def _open_interchange(self, number: int, elements: list[str]) -> None:
        if self._interchange:
            # an ISA where the last interchange has not ended
            self._interchange.code = "X-CTRL"
            self._end_interchange()
        self.verdicts.interchanges += 1
        self.verdicts.parties.add(tuple(at(elements, n).strip() for n in PARTIES))
        self._starts = array("q")
        self._interchange = _Span(at(elements, 13), number, self.verdicts.sets + 1)
        self._interchange.good_before = self.verdicts.good
        usage = at(elements, 15)
        if usage == "T" and not self._accept_tests:
            self._interchange.code = "X-TEST"
        elif usage not in ("P", "T"):
            self._interchange.code = "X-ISA"
        elif usage == "P":
            self._number(self._interchange, elements)

    def _number(self, interchange: _Span, elements: list[str]) -> None:
        """A sender uses a control number once. What is kept of both is a digest."""
        own = "\0".join((*elements[SENDER_ID], interchange.control))
        interchange.mark = sha256(own.encode()).hexdigest()[:32]
        if interchange.mark in self._known:
            interchange.code = "X-DUPCTL"
        self._known.add(interchange.mark)

    def _close_interchange(self, elements: list[str]) -> None:
        current = self._interchange
        if current is None:
            return
        if self._group or self._set:
            current.code = current.code or "X-CTRL"
        if at(elements, 2) != current.control or not _counts(at(elements, 1), current.parts):
            current.code = current.code or "X-CTRL"
        self._end_interchange()

    def _end_interchange(self) -> None:
        if self._group:
            self._group.code = "X-CTRL"
            self._end_group()
        current, self._interchange = self._interchange, None
        if current and current.code:
            self._condemn(current.first, current.code)
        elif current and current.mark and self.verdicts.good > current.good_before:
            self.verdicts.marks.append(current.mark)

    # group

    def _open_group(self, number: int, elements: list[str]) -> None:
        if self._group:
            self._group.code = "X-CTRL"
            self._end_group()
        if self._interchange:
            self._interchange.parts += 1
        first = self.verdicts.sets + 1
        self._group = _Span(at(elements, 6), number, first, version=at(elements, 8))

    def _close_group(self, elements: list[str]) -> None:
        current = self._group
        if current is None:
            if self._interchange:
                self._interchange.code = self._interchange.code or "X-CTRL"
            return
        if self._set:
            self._set.code = "X-CTRL"
            self._end_set()
        if at(elements, 2) != current.control or not _counts(at(elements, 1), current.parts):
            current.code = "X-CTRL"
        self._end_group()

    def _end_group(self) -> None:
        if self._set:
            self._set.code = "X-CTRL"
            self._end_set()
        current, self._group = self._group, None
        if current and current.code:
            self._condemn(current.first, current.code)

    def _condemn(self, first: int, code: str) -> None:
        """All sets from the first one on get the code of what holds them."""
        last = self.verdicts.sets
        for number in range(first, last + 1):
            back = number - last - 1
            start = abs(self._starts[back])
            self.verdicts.others -= self._starts[back] < 0
            self._starts[back] = start
            self._hold(number, code, start)

    # transaction set

    def _open_set(self, number: int, elements: list[str]) -> None:
        if self._set:
            self._set.code = "X-CTRL"
            self._end_set()
        version = self._group.version if self._group else ""
        self.verdicts.sets += 1
        self._starts.append(number)
        what = kind(at(elements, 1), version, at(elements, 3))
        self._set = _Set(self.verdicts.sets, number, at(elements, 2), what)
        if self._group is None:
            self._set.code = "X-CTRL"
        else:
            self._group.parts += 1

    def _close_set(self, number: int, elements: list[str]) -> None:
        current = self._set
        if current is None:
            if self._group:
                self._group.code = "X-CTRL"
            return
        counted = _counts(at(elements, 1), number - current.start + 1)
        if not counted or at(elements, 2) != current.control:
            current.code = "X-CTRL"
        self._end_set()

    def _end_set(self) -> None:
        current, self._set = self._set, None
        if current is None:
            return
        code = current.code or current.kind.code or _unbalanced(current)
        if code == "X-TYPE":
            self.verdicts.others += 1
            self.verdicts.first_other = self.verdicts.first_other or (code, current.start)
            self._starts[-1] = -current.start
        elif code:
            self._hold(current.number, code, current.start)

    def _hold(self, number: int, code: str, start: int) -> None:
        """Keeps a set out."""
        self.verdicts.bad[number] = code, start
        if len(self.verdicts.bad) > BAD_LIMIT:
            raise self.verdicts.refusal()

    def _money(self, head: str, elements: list[str]) -> None:
        """Amounts that make up the balance of a remittance."""
        current = self._set
        if current is None or current.kind.name != REMITTANCE:
            return
        try:
            if head == "BPR":
                current.paid = decimal(at(elements, 2), "paid_amount")
            elif head == "CLP":
                current.claims += decimal(at(elements, 4), "paid_amount")
            else:
                for index in range(4, len(elements), 2):
                    current.provider += decimal(at(elements, index), "adjustment_amount")
        except Bad as bad:
            current.code = current.code or bad.code


def _unbalanced(current: _Set) -> str | None:
    """SNIP 3 of a whole remittance: payments less provider adjustments make the sum paid."""
    if current.kind.name != REMITTANCE:
        return None
    if current.paid is None:
        return "X-SEG"
    return None if current.claims - current.provider == current.paid else "X-BAL3"


def _counts(text: str, number: int) -> bool:
    """Whether a count element says that number."""
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) == number
