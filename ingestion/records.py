"""What a reader says about each source record of a file: accepted, quarantined or read past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ingestion.contract import Layout
from ingestion.stream import TextFile

# One canonical row: its feed and its filled columns, as text in the canonical forms
# (YYYY-MM-DD, plain decimals). A column that is absent or '' is null.
CanonicalRow = tuple[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Record:
    """An accepted source record and the canonical rows it becomes, in order (at least one).

    record_no: 1-based, unique in the file: the physical line in line formats, else a running count.
    is_open: the record is the file's last line and that has no end: unless it is whole and right,
    the file was cut and is refused.
    repeats: 1 for a record that looks like an earlier one of the file: it is not stored again; -1
    for one that was given as such and is another after all.
    """

    record_no: int
    rows: Sequence[CanonicalRow]
    is_open: bool = False
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is quarantined: place, code and column, never its content."""

    record_no: int
    code: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is known and says nothing to store. code: an I- code of `messages.RULES`."""

    record_no: int
    code: str


@dataclass(frozen=True, slots=True)
class Outside:
    """Lines of a file that are no records: header, trailer, blank (counted in the ledger)."""

    header: int = 0
    trailer: int = 0
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about the whole file that is taken in with a warning. code: a W- code."""

    code: str


@dataclass(frozen=True, slots=True)
class Once:
    """A mark that the sender may use once among all files of the payor. digest: of the mark."""

    digest: str


@dataclass(frozen=True, slots=True)
class Parties:
    """Names by which one envelope calls its sender and its receiver, as sent."""

    names: tuple[str, ...]


Item = Record | Rejected | Skipped | Outside | Warned | Once | Parties


@dataclass(frozen=True, slots=True)
class Match:
    """Why a file is taken for a layout. feed: its main feed; reason: words without any value.

    refused: code of a kind that is known and never taken in; score: the highest of all wins.
    """

    feed: str
    reason: str
    score: float = 1.0
    refused: str | None = None


class ReaderModule(Protocol):
    """What a module of `ingestion.readers` offers. Both functions see plaintext only."""

    def recognise(self, start: bytes, layout: Layout) -> Match | None:
        """Whether the first bytes (up to 64 KiB, cut anywhere) are a file of this layout."""
        ...

    def read(self, source: TextFile, layout: Layout, feed: str) -> Iterator[Item]:
        """Items of a whole file, from `source.blocks()` (lines) or `source.chunks()` (bytes).

        Raises Refused for rules on the whole file. Bounded memory.
        """
        ...

    def options(self, node: Any) -> Any:
        """The layout's `options` mapping (a `strict.Node`), checked. Raises ContractError."""
        ...
