"""Rules about codes, read from `warehouse/reference/rules/*.csv`: nothing clinical is in code."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from pipeline.settings import ROOT

FOLDER = ROOT / "warehouse" / "reference" / "rules"


@dataclass(frozen=True)
class Behaviour:
    """What a neoplasm does; kind '' = no neoplasm."""

    kind: str
    is_secondary: bool


NO_NEOPLASM = Behaviour("", False)


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a rule file, in its order."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def chapter(family: str, category: str) -> int | None:
    """Chapter of a three-character category; None where the family has no table."""
    row = _range("chapter", family, category)
    return int(row["chapter"]) if row else None


def behaviour(family: str, category: str) -> Behaviour:
    """Neoplasm behaviour of a category; the first matching line of the table decides."""
    row = _range("behaviour", family, category)
    return Behaviour(row["behaviour"], row["is_secondary"] == "true") if row else NO_NEOPLASM


def is_symptom(family: str, code: str) -> bool:
    """Whether a code says what is felt or found rather than what it is."""
    return _longest_prefix(code, _prefixes("symptom", family)) is not None


def condition_group(family: str, code: str) -> str:
    """Group of the longest listed prefix; 'other' where none is."""
    listed = _prefixes("condition", family)
    prefix = _longest_prefix(code, listed)
    return listed[prefix]["condition_group"] if prefix else "other"


@cache
def _prefixes(name: str, family: str) -> dict[str, dict[str, str]]:
    return {row["code_prefix"]: row for row in table(name) if row["family"] == family}


def _longest_prefix(code: str, listed: Collection[str]) -> str | None:
    lengths = range(len(code), 0, -1)
    return next((code[:n] for n in lengths if code[:n] in listed), None)


@cache
def _range(name: str, family: str, category: str) -> dict[str, str] | None:
    for row in table(name):
        if row["family"] == family and row["from_category"] <= category <= row["to_category"]:
            return row
    return None
