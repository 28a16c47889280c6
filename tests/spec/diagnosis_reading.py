"""What is written for a diagnosis and what is known of its code: part of the second implementation.

Shares no code with the models; facts about single codes come in as `Tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Code:
    """One entry of a code system with its days of validity (ends included)."""

    concept: str
    side: str = ""
    is_unspecified: bool = False
    is_header: bool = False
    valid_from: date = date.min
    valid_to: date = date.max


@dataclass(frozen=True)
class Diagnosis:
    """A code as written, its system and the day it was made."""

    system: str
    code: str
    on: date


@dataclass
class Tables:
    """Facts of the code systems. Codes are dotless."""

    codes: dict[tuple[str, str], list[Code]]
    # ICD-10-CM code -> (default CCSR category, body system); either may be empty
    ccsr: dict[str, tuple[str, str]] = field(default_factory=dict)
    # (system, earlier code, later code) -> (last day of the earlier, first day of the later)
    bridge: dict[tuple[str, str, str], tuple[date, date]] = field(default_factory=dict)
    # (system, code, other system) -> possible codes of the other system
    crosswalk: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    # categories that either ICD-10-CM or the others have
    lonely: set[str] = field(default_factory=set)
    # dotless prefix -> body site; '' = none, whatever a shorter prefix says
    sites: dict[str, str] = field(default_factory=dict)
    # dotless prefix -> families of procedures that the diagnosis may lead to
    families: dict[str, set[str]] = field(default_factory=dict)
    # system -> character written behind a code -> (subject, meaning)
    suffixes: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    # system -> days its whole list covers (first, last)
    complete: dict[str, list[tuple[date, date]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Side:
    """A primary diagnosis with what is known of its code."""

    system: str
    code: str
    on: date
    facts: Code | None
    suffix_side: str = ""
    certainty: str = ""

    @property
    def is_current(self) -> bool:
        """Neither excluded nor past."""
        return self.certainty not in ("excluded", "past")

    @property
    def named_side(self) -> str:
        """The side the code or the letter behind it names."""
        return self.suffix_side or (self.facts.side if self.facts else "")

    @property
    def category(self) -> str:
        """First three characters."""
        return self.code[:3]


def normal(code: str) -> str:
    """Upper case without dots and blanks."""
    return code.upper().replace(".", "").replace(" ", "")


def family(system: str) -> str:
    """Revision of the classification: icd-9, icd-10, ..."""
    return "-".join(system.split("-")[:2])


def read_side(row: Diagnosis, tables: Tables) -> Side:
    """The row with its code's entry; what stands behind a code goes only if the code is unknown."""
    written, found = normal(row.code), {"laterality": "", "certainty": ""}
    letters = tables.suffixes.get(row.system, {})
    code = written
    while (row.system, code) not in tables.codes and len(code) > 3 and code[-1] in letters:
        subject, meaning = letters[code[-1]]
        if found.get(subject):
            break
        if subject in found:
            found[subject] = meaning
        code = code[:-1]
    if (row.system, code) not in tables.codes:
        return Side(row.system, written, row.on, _entry(row, written, tables))
    facts = _entry(row, code, tables)
    return Side(row.system, code, row.on, facts, found["laterality"], found["certainty"])


def _entry(row: Diagnosis, code: str, tables: Tables) -> Code | None:
    for facts in tables.codes.get((row.system, code), []):
        if facts.valid_from <= row.on <= facts.valid_to:
            return facts
    return None


def site(code: str, tables: Tables) -> str:
    """Body site by the longest listed prefix; empty when none is listed."""
    return longest(code, tables.sites) or ""


def longest(code: str, listed: Mapping[str, Listed]) -> Listed | None:
    """What is listed for the longest beginning of the code."""
    return next((listed[code[:n]] for n in range(len(code), 2, -1) if code[:n] in listed), None)
