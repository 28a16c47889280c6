"""A list of diagnosis codes as a tree with everything a comparison of two codes asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from warehouse.codebook import rules, titles
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import CodeSystem

CATEGORY_LENGTH = 3
COLUMNS = (
    "code_system", "code", "valid_from", "valid_to", "category", "parent_code", "is_header",
    "concept_code", "laterality", "encounter", "is_symptom", "is_unspecified", "chapter",
    "behaviour", "is_secondary_neoplasm", "condition_group", "label",
)  # fmt: skip
SIDES = ("right", "left", "bilateral", "unspecified", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One code as the publisher lists it. given: what the file says itself, by column name."""

    code: str
    label: str
    line: int
    valid_from: date | None = None
    valid_to: date | None = None
    is_header: bool = False
    given: Mapping[str, str] = field(default_factory=dict)


def clean(code: str) -> str:
    """Upper case, without dots and spaces."""
    return code.upper().replace(".", "").replace(" ", "")


def rows(system: CodeSystem, entries: Sequence[Entry]) -> list[tuple[object, ...]]:
    """Rows of `reference.diagnosis_code` in the order of COLUMNS, missing nodes included.

    Raises ReferenceRefused.
    """
    _check_sides(entries)
    _check_days(entries)
    nodes = sorted((*entries, *_missing_nodes(entries)), key=_order)
    parents = {entry.code for entry in nodes}
    readings = _readings(system, entries)
    above = {entry.code: _parent(entry, parents) for entry in nodes}
    below: dict[str | None, list[Entry]] = {}
    for entry in nodes:
        below.setdefault(above[entry.code], []).append(entry)
    return [
        _row(
            system,
            entry,
            above[entry.code],
            any(_share_a_day(entry, other) for other in below.get(entry.code, ())),
            readings.get(entry.code),
        )
        for entry in nodes
    ]


def _share_a_day(one: Entry, other: Entry) -> bool:
    """A code that was split was no header before."""
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def _readings(system: CodeSystem, entries: Sequence[Entry]) -> dict[str, titles.Reading]:
    """What the titles of codes say; nodes above have titles in one form of the list only."""
    if not system.has_english_titles:
        return {}
    return titles.read({entry.code: entry.label for entry in entries if not entry.is_header})


def _check_sides(entries: Sequence[Entry]) -> None:
    for entry in entries:
        if entry.given.get("laterality", "") not in SIDES:
            raise ReferenceRefused("E-REF-VALUE", entry.line)


def _check_days(entries: Sequence[Entry]) -> None:
    """One code says one thing a day."""
    ordered = sorted(entries, key=_order)
    for one, other in pairwise(ordered):
        start = other.valid_from or date.min
        if one.code == other.code and start <= (one.valid_to or date.max):
            raise ReferenceRefused("E-REF-DUPLICATE", other.line)


def _order(entry: Entry) -> tuple[str, date]:
    return entry.code, entry.valid_from or date.min


def _missing_nodes(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Nodes above the listed codes that the publisher's list leaves out, as long as their codes."""
    listed = {entry.code for entry in entries}
    below: dict[str, list[Entry]] = {}
    for entry in entries:
        above = entry.given.get("parent_code")
        for code in _prefixes(entry.code) if above is None else filter(None, [above]):
            if code not in listed:
                below.setdefault(code, []).append(entry)
    for code, found in below.items():
        starts = [entry.valid_from for entry in found if entry.valid_from]
        ends = [entry.valid_to for entry in found if entry.valid_to]
        first = min(starts) if len(starts) == len(found) else None
        last = max(ends) if len(ends) == len(found) else None
        yield Entry(code, "", 0, first, last, is_header=True)


def _prefixes(code: str) -> list[str]:
    """Possible nodes above, longest first, without what only fills up to the seventh character."""
    return [
        code[:length]
        for length in range(len(code) - 1, CATEGORY_LENGTH - 1, -1)
        if not _is_filled(code, length)
    ]


def _is_filled(code: str, length: int) -> bool:
    """T78.1XXA stands right below T78.1, but T40.8X1A below T40.8X and T40.8X1."""
    if length == CATEGORY_LENGTH or code[length - 1] != titles.PLACEHOLDER:
        return False
    return length == titles.ENCOUNTER_POSITION or code[length] == titles.PLACEHOLDER


def _parent(entry: Entry, nodes: set[str]) -> str | None:
    if "parent_code" in entry.given:
        return entry.given["parent_code"] or None
    return next((code for code in _prefixes(entry.code) if code in nodes), None)


def _row(
    system: CodeSystem,
    entry: Entry,
    parent: str | None,
    has_below: bool,
    reading: titles.Reading | None,
) -> tuple[object, ...]:
    given, category = entry.given, entry.code[:CATEGORY_LENGTH]
    behaviour = rules.behaviour(system.family, category)
    symptom = rules.is_symptom(system.family, entry.code)
    reading = reading or titles.Reading(entry.code)
    return (
        system.code_system,
        entry.code,
        entry.valid_from,
        entry.valid_to,
        category,
        parent,
        has_below or entry.is_header,
        given.get("concept_code") or reading.concept,
        given.get("laterality") or reading.values.get("laterality", ""),
        reading.values.get("encounter", ""),
        _flag(given.get("is_symptom"), symptom),
        _flag(given.get("is_unspecified"), _is_unspecified(system, entry, reading)),
        rules.chapter(system.family, category),
        behaviour.kind,
        behaviour.is_secondary,
        given.get("condition_group") or rules.condition_group(system.family, entry.code),
        entry.label,
    )


def _flag(given: str | None, derived: bool) -> bool:
    return given.lower() in ("true", "t", "1", "yes") if given else derived


def _is_unspecified(system: CodeSystem, entry: Entry, reading: titles.Reading) -> bool:
    """By the title where it is English; else by the fourth character 9, which means the same."""
    if system.has_english_titles:
        return not entry.is_header and titles.says_unspecified(entry.label, reading)
    return len(entry.code) == CATEGORY_LENGTH + 1 and entry.code.endswith("9")
