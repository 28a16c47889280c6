"""FHIR R4 bulk export: one resource a line, each a source record of its own.

A line that cannot be read, or whose resource is not sound, is quarantined whole; the rest of the
file is taken in. Kinds of files that are no resources of ours are refused with their code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ingestion.contract import Layout
from ingestion.errors import Held, Refused
from ingestion.file_rules import HOLDS
from ingestion.readers.fhir.claims import claim_rows
from ingestion.readers.fhir.clinical_codes import has_more_codes
from ingestion.readers.fhir.deletions import deleted_rows, is_of_deletions
from ingestion.readers.fhir.elements import Element
from ingestion.readers.fhir.events import condition_rows, encounter_rows, procedure_rows
from ingestion.readers.fhir.people_rows import coverage_rows, patient_rows
from ingestion.readers.fhir.problems import Unfit, Unused
from ingestion.readers.fhir.recognition import recognise_start, release
from ingestion.readers.fhir.strict_json import read_object
from ingestion.records import CanonicalRow, Item, Match, Outside, Record, Rejected, Skipped, Warned
from ingestion.stream import TextFile

ROWS: dict[str, Callable[[Element], list[CanonicalRow]]] = {
    "ExplanationOfBenefit": claim_rows,
    "Claim": claim_rows,
    "Coverage": coverage_rows,
    "Patient": patient_rows,
    "Encounter": encounter_rows,
    "Condition": condition_rows,
    "Procedure": procedure_rows,
}
# Lines of kinds that make a whole file unreadable when they come first.
MISPLACED = {"Bundle": "F-BUNDLE", "OperationOutcome": "F-ERROR"}


def options(node: Any) -> None:
    """This layout has none. Raises ContractError."""
    node.only()


def recognise(start: bytes, layout: Layout) -> Match | None:
    """See `ingestion.records.ReaderModule`."""
    return recognise_start(start.decode("utf-8", errors="replace"))


def read(source: TextFile, layout: Layout, feed: str) -> Iterator[Item]:
    """One item a line. Raises Refused F-STU3, F-PROFILE, E-TRUNC and what the stream raises."""
    for block in source.blocks():
        last = block.first + len(block.lines) - 1
        for at, line in enumerate(block.lines, block.first):
            if not line or line.isspace():
                yield Outside(blank=1)
            else:
                is_open = block.ends_open and at == last
                yield from items(at, line, is_open, layout.admitted)


def items(
    at: int, line: str, is_open: bool = False, admitted: frozenset[str] = frozenset()
) -> Iterator[Item]:
    """What one line is. is_open: the file ends in it without a line end. Raises Refused."""
    try:
        resource = read_object(line)
    except Unfit as problem:
        if is_open:
            raise Refused("E-TRUNC", at, found="truncated") from None
        yield Rejected(at, problem.code, problem.field)
        return
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        yield Rejected(at, "F-LINE", None)
        return
    other = release(kind, resource, line)
    if other and other not in admitted:
        raise Held(other, at) if other in HOLDS else Refused(other, at)
    taken = _resource(at, kind, resource)
    yield taken
    if isinstance(taken, Record) and has_more_codes(resource):
        yield Warned("W-MORE")


def _resource(at: int, kind: str, resource: Element) -> Item:
    if kind == "Bundle":
        return _bundle(at, resource)
    if kind not in ROWS:
        return Rejected(at, MISPLACED[kind], None) if kind in MISPLACED else Skipped(at, "I-KIND")
    try:
        return Record(at, ROWS[kind](resource))
    except Unfit as problem:
        return Rejected(at, problem.code, problem.field)
    except Unused as known:
        return Skipped(at, known.code)


def _bundle(at: int, resource: Element) -> Item:
    """Deletions are taken in; any other bundle is no line of an export."""
    try:
        if is_of_deletions(resource):
            return Record(at, deleted_rows(resource))
    except Unfit as problem:
        return Rejected(at, problem.code, problem.field)
    return Rejected(at, MISPLACED["Bundle"], None)
