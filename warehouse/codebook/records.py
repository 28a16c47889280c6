"""What every reader of a reference file hands on, and the checks that hold for all of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from warehouse.codebook import rules
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import Kind, code_systems

LONGEST_CODE = 7
# Chapters of ICD-10 that every complete list has; 22 holds codes for special purposes.
CHAPTERS = frozenset(range(1, 22))


@dataclass(frozen=True, slots=True)
class Record:
    """One row. code: has the kind's shape; key: unique in a file; values: for the writer."""

    line: int
    code: str
    key: Hashable
    values: Any


@dataclass
class Parsed:
    """A file's rows; skipped: rows left out on purpose; release: what the file says it is."""

    records: list[Record]
    skipped: int = 0
    releases: set[str] = field(default_factory=set)


def check(kind: Kind, release: str, parsed: Parsed) -> None:
    """Raises ReferenceRefused for what no reference file may be."""
    if not parsed.records:
        raise ReferenceRefused("E-REF-EMPTY")
    if len(parsed.releases) > 1:
        raise ReferenceRefused("E-REF-MIXED")
    if parsed.releases and {_bare(name) for name in parsed.releases} != {_bare(release)}:
        raise ReferenceRefused("E-REF-RELEASE")
    _check_shapes(kind, parsed.records)
    _check_unique(parsed.records)
    if len(parsed.records) < kind.min_rows or _lacks_chapters(kind, parsed.records):
        raise ReferenceRefused("E-REF-INCOMPLETE")


def day(text: str, line: int) -> date:
    """YYYY-MM-DD. Raises ReferenceRefused."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ReferenceRefused("E-REF-VALUE", line) from None


def number(text: str, line: int) -> Decimal:
    """A finite number above zero. Raises ReferenceRefused."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ReferenceRefused("E-REF-VALUE", line) from None
    if not value.is_finite() or value <= 0:
        raise ReferenceRefused("E-REF-VALUE", line)
    return value


def _bare(release: str) -> str:
    """v2023.1, 2023-1 and 2023_1 are one release."""
    return re.sub(r"[^a-z0-9]+", ".", release.lower()).removeprefix("v")


def _check_shapes(kind: Kind, records: Iterable[Record]) -> None:
    shape = re.compile(kind.code_shape)
    for record in records:
        if not shape.fullmatch(record.code):
            raise ReferenceRefused(_shape_problem(shape, record.code), record.line)


def _shape_problem(shape: re.Pattern[str], code: str) -> str:
    lengths = range(len(code) + 1, LONGEST_CODE + 1)
    is_short = code.isdigit() and any(shape.fullmatch(code.zfill(n)) for n in lengths)
    return "E-REF-ZERO-LOST" if is_short else "E-REF-CODE"


def _check_unique(records: Iterable[Record]) -> None:
    seen: set[Hashable] = set()
    for record in records:
        if record.key in seen:
            raise ReferenceRefused("E-REF-DUPLICATE", record.line)
        seen.add(record.key)


def _lacks_chapters(kind: Kind, records: Iterable[Record]) -> bool:
    """A list that was cut short lacks its last chapters. Small national lists may be partial."""
    if kind.min_rows == 1 or kind.code_system is None or kind.target not in ("diagnosis", "ccsr"):
        return False
    family = code_systems()[kind.code_system].family
    found = {rules.chapter(family, category) for category in {r.code[:3] for r in records}}
    return not found >= CHAPTERS
