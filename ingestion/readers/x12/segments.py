"""X12 text as segments, in bounded memory. Delimiters are read from each ISA, never assumed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ingestion.errors import Refused

ISA_LENGTH = 106
# The longest segment of the guides has a few thousand characters (CAS and HI with all repeats).
SEGMENT_LIMIT = 1 << 16
# Where the element separators of an ISA stand: its fields have fixed widths.
ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
ORDINARY = bytes(range(0x20, 0x7F)) + b"\t\n\r"
CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u2028\u2029"
LINE_END = re.compile(r"[\r\n]+")
# ISA11 is a repetition separator from version 00402 on; earlier it says which standards body.
REPEATS_FROM = "00402"


@dataclass(frozen=True)
class Delimiters:
    """The separators of one interchange. repetition is '' where there is none."""

    element: str
    component: str
    repetition: str
    segment: str

    def end(self, text: str, at: int) -> int:
        """Where the IEA segment that follows `at` ends, its terminator included; 0 = not here."""
        head = f"IEA{self.element}"
        found = text.find(head, at)
        while found >= 0:
            before = found - 1
            while before >= at and text[before] != self.segment and text[before].isspace():
                before -= 1
            if before >= at and text[before] == self.segment:
                return text.find(self.segment, found) + 1
            # these letters inside an element
            found = text.find(head, found + 1)
        return 0

    @cached_property
    def control(self) -> re.Pattern[str]:
        """Finds a control character that is not one of the separators."""
        own = re.escape("".join((self.element, self.component, self.repetition, self.segment)))
        return re.compile(f"(?![{own}])[{CONTROL}]")


@dataclass
class Batch:
    """Segments of one interchange, without terminators and never empty.

    first: 1-based number of the first one in the file; only segments that are not blank count.
    """

    first: int
    delimiters: Delimiters
    segments: list[str]


def read_isa(text: str, number: int = 1) -> Delimiters:
    """Delimiters of an ISA segment. text: from its first character on. Raises Refused X-ISA."""
    if len(text) < ISA_LENGTH or not text.startswith("ISA"):
        raise Refused("X-ISA", number, found="truncated")
    element, component, segment = text[3], text[104], text[105]
    fixed = all(text[at] == element for at in ISA_SEPARATORS)
    if not fixed or text.count(element, 0, ISA_LENGTH) != len(ISA_SEPARATORS):
        raise Refused("X-ISA", number, found="count")
    repeat = text[82] if text[84:89] >= REPEATS_FROM else ""
    repetition = "" if repeat.isalnum() or repeat.isspace() else repeat
    used = [element, component, segment, *repetition]
    if len(set(used)) != len(used) or any(one.isalnum() or one == " " for one in used):
        raise Refused("X-ISA", number, found="duplicate")
    return Delimiters(element, component, repetition, segment)


class Tokens:
    """Reads the segments of a file once. After the end: `interchanges` and `segments` are known."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._odd = False
        self.segments = 0
        self.interchanges = 0

    def batches(self) -> Iterator[Batch]:
        """Batches in file order. An interchange that does not end refuses the file.

        Raises Refused X-ISA, E-TRUNC, E-ENC, E-NUL, E-CTRL, Q-LEN.
        """
        text, delimiters = "", None
        for more in self._text():
            text += more
            at = 0
            while True:
                if delimiters is None:
                    at = self._skip_blank(text, at)
                    if len(text) - at < ISA_LENGTH:
                        break
                    delimiters = self._open(text, at)
                body, at, closed = self._take(text, at, delimiters)
                if body:
                    yield self._batch(body, delimiters)
                if not closed:
                    break
                delimiters = None
            text = text[at:]
        yield from self._rest(text, delimiters)

    def _text(self) -> Iterator[str]:
        for chunk in self._chunks:
            self._odd = self._odd or bool(chunk.translate(None, ORDINARY))
            yield self._decode(chunk)
        self._decode(b"", final=True)

    def _decode(self, chunk: bytes, final: bool = False) -> str:
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            raise Refused("E-ENC", self.segments + 1, found="non-UTF8") from None

    @staticmethod
    def _skip_blank(text: str, at: int) -> int:
        while at < len(text) and text[at].isspace():
            at += 1
        return at

    def _open(self, text: str, at: int) -> Delimiters:
        """Delimiters of the interchange that starts here."""
        if self.interchanges and not text.startswith("ISA", at):
            # what follows the last interchange is not an interchange
            raise Refused("E-TRUNC", self.segments + 1, found="unknown-code")
        self.interchanges += 1
        return read_isa(text[at : at + ISA_LENGTH], self.segments + 1)

    @staticmethod
    def _take(text: str, at: int, delimiters: Delimiters) -> tuple[str, int, bool]:
        """Whole segments from `at`, where they end, and whether the interchange ends there."""
        closing = delimiters.end(text, at)
        if closing:
            return text[at:closing], closing, True
        end = text.rfind(delimiters.segment, at) + 1
        # The last segment stays: an IEA is found only together with the terminator before it.
        start = text.rfind(delimiters.segment, at, end - 1) + 1 if end else 0
        if len(text) - max(start, at) > 2 * SEGMENT_LIMIT:
            raise Refused("Q-LEN", found="too-long")
        cut = max(start - 1, at)
        return text[at:cut], cut, False

    def _batch(self, body: str, delimiters: Delimiters) -> Batch:
        stripped = [segment.strip() for segment in body.split(delimiters.segment)]
        segments = [segment for segment in stripped if segment]
        first = self.segments + 1
        if segments and max(map(len, segments)) > SEGMENT_LIMIT:
            raise Refused("Q-LEN", first, found="too-long")
        if self._odd:
            self._look(segments, delimiters)
        if "\n" in body or "\r" in body:
            segments = [_joined(one) if "\n" in one or "\r" in one else one for one in segments]
        self.segments += len(segments)
        return Batch(first, delimiters, segments)

    def _look(self, segments: list[str], delimiters: Delimiters) -> None:
        """Refuses control characters. Runs only on files that hold anything but plain text."""
        for number, segment in enumerate(segments, self.segments + 1):
            found = delimiters.control.search(segment)
            if found:
                code = "E-NUL" if found[0] == "\x00" else "E-CTRL"
                raise Refused(code, number, found="control-char")

    def _rest(self, text: str, delimiters: Delimiters | None) -> Iterator[Batch]:
        """What is left at the end of the file: nothing, or the IEA of a file of lines."""
        if delimiters is None:
            if self.interchanges and not text.strip():
                return
            if not self.interchanges:
                read_isa(text.lstrip(), 1)  # too short for an ISA: says so
            raise Refused("E-TRUNC", self.segments + 1, found="truncated")
        # A terminator that is a line end may be missing at the very end of the file.
        whole = text + delimiters.segment if delimiters.segment in "\r\n" else text
        if delimiters.end(whole, 0) != len(whole):
            raise Refused("E-TRUNC", self.segments + 1, found="truncated")
        yield self._batch(whole, delimiters)


def _joined(segment: str) -> str:
    """A segment with the line ends inside its elements turned into spaces."""
    return " ".join(part.strip() for part in LINE_END.split(segment))
