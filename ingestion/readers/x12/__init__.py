"""X12: 837, 835 and 834 of 5010 and 4010, several interchanges and kinds of sets in one file.

The file is read twice: first its envelope, because what makes a transaction set unfit stands at
its end, then the records of the sets that may enter. Both passes hold one block at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.contract import Layout
from ingestion.readers.x12.claim import ClaimMapper
from ingestion.readers.x12.enrolment import EnrolmentMapper
from ingestion.readers.x12.envelope import Scanner, Verdicts
from ingestion.readers.x12.guides import ENROLMENT, FEEDS, RECORD, REMITTANCE, Kind, kind
from ingestion.readers.x12.output import Mapper
from ingestion.readers.x12.remittance import RemittanceMapper
from ingestion.readers.x12.segments import ISA_LENGTH, Batch, Delimiters, Tokens
from ingestion.readers.x12.values import at
from ingestion.records import Item, Match, Once, Parties, Rejected, Skipped, Warned
from ingestion.stream import TextFile

OTHER = "I-SET"


@dataclass(frozen=True)
class Options:
    """What a layout says of its X12 files.

    accept_tests: interchanges marked as tests may enter; open_ends: end dates (CCYYMMDD) of
    coverage that has no end.
    """

    accept_tests: bool
    open_ends: frozenset[str]


def options(node: Any) -> Options:
    """The layout's options. Raises ContractError."""
    node.only("test_interchanges", "open_end_dates")
    usage = node.choice("test_interchanges", ("accept", "refuse"))
    return Options(usage == "accept", frozenset(node.names("open_end_dates")))


def recognise(start: bytes, layout: Layout) -> Match | None:
    """A file is X12 when it starts with an ISA segment; tests have their own layout."""
    text = start.decode("utf-8", errors="replace").lstrip()
    if not text.startswith("ISA") or text[3:4].isalnum():
        return None
    is_test = len(text) >= ISA_LENGTH and text[102] == "T"
    fits = is_test == layout.options.accept_tests
    feed, sets = _main_feed(text)
    use = "test" if is_test else "production"
    return Match(feed, f"starts with an ISA segment, {use}, {sets}", 1.0 if fits else 0.5)


def _main_feed(text: str) -> tuple[str, str]:
    """Feed of the first transaction set that has one, and the set's number."""
    if len(text) < ISA_LENGTH:
        return FEEDS["837"], "cut short"
    element, segment = text[3], text[105]
    for one in text.split(segment):
        elements = one.strip().split(element)
        if elements[0] == "ST" and at(elements, 1) in FEEDS:
            return FEEDS[at(elements, 1)], f"transaction set {at(elements, 1)}"
    return FEEDS["837"], "no transaction set that is read"


def read(source: TextFile, layout: Layout, feed: str) -> Iterator[Item]:
    """Records of a whole file, whatever kinds of sets it mixes. See `ReaderModule.read`.

    record_no is the number of the segment that starts the record: CLM, CLP, PLB or INS.
    """
    again = TextFile(source.path, source.containers, source.line_limit)
    scanner = Scanner(layout.options.accept_tests)
    verdicts = scanner.scan(Tokens(again.chunks()).batches())
    if not verdicts.good:
        raise verdicts.refusal()
    if verdicts.interchanges > 1:
        yield Warned("I-MULTI")
    yield from map(Once, verdicts.marks)
    yield from map(Parties, sorted(verdicts.parties))
    yield from _Reader(verdicts, layout.options).items(Tokens(source.chunks()).batches())


class _Reader:
    """Second pass: every set goes to its mapper, or is counted out."""

    def __init__(self, verdicts: Verdicts, options: Options) -> None:
        self._verdicts, self._options = verdicts, options
        self._set = 0
        self._version = ""
        self._mapper: Mapper | None = None
        # the set being counted out: segment id of its records, its code, its start, records seen
        self._tag, self._code, self._start, self._counted = "", "", 0, 0

    def items(self, batches: Iterator[Batch]) -> Iterator[Item]:
        for batch in batches:
            yield from self._batch(batch)

    def _batch(self, batch: Batch) -> Iterator[Item]:
        element, segments = batch.delimiters.element, batch.segments
        envelope = {head + element for head in ("ST", "SE", "GS", "GE")} | {"IEA", "ISA"}
        at_index = 0
        while at_index < len(segments):
            if self._mapper:
                at_index = self._mapper.take(batch, at_index)
                if at_index == len(segments):
                    break
            segment, number = segments[at_index], batch.first + at_index
            at_index += 1
            if segment[:3] in envelope:
                yield from self._close()
                self._next(number, segment.split(element), batch.delimiters)
            elif self._code and segment.startswith(self._tag + element):
                self._counted += 1
                yield Rejected(number, self._code, None)
        if self._mapper and self._mapper.items:
            yield from self._drain(self._mapper)

    def _next(self, number: int, elements: list[str], delimiters: Delimiters) -> None:
        if elements[0] == "GS":
            self._version = at(elements, 8)
        elif elements[0] == "ST":
            self._open(number, elements, delimiters)

    def _open(self, number: int, elements: list[str], delimiters: Delimiters) -> None:
        self._set += 1
        what = kind(at(elements, 1), self._version, at(elements, 3))
        bad = self._verdicts.bad.get(self._set)
        self._code = bad[0] if bad else ""
        self._tag, self._start, self._counted = RECORD.get(what.set_id, "?"), number, 0
        if not bad and what.name:
            self._mapper = self._mapper_of(what, delimiters)

    def _mapper_of(self, what: Kind, delimiters: Delimiters) -> Mapper:
        if what.name == REMITTANCE:
            return RemittanceMapper(what, delimiters)
        if what.name == ENROLMENT:
            return EnrolmentMapper(what, delimiters, self._options.open_ends)
        return ClaimMapper(what, delimiters)

    def _close(self) -> Iterator[Item]:
        """Ends the open set, if there is one."""
        if not self._start:
            return
        if self._mapper:
            self._mapper.finish()
            yield from self._drain(self._mapper)
            self._mapper = None
        elif self._code and not self._counted:
            yield Rejected(self._start, self._code, None)
        elif not self._code:
            yield Skipped(self._start, OTHER)
        self._code, self._start = "", 0

    @staticmethod
    def _drain(mapper: Mapper) -> list[Item]:
        items, mapper.items = mapper.items, []
        return items
