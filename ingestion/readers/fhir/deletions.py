"""The deletions of a bulk export: a Bundle whose every entry is a DELETE of one resource.

An export since a given day lists what was deleted after it in such bundles (`deleted` in its
manifest); an export of everything has none, and what is missing in it was never there.
"""

from __future__ import annotations

from ingestion.readers.fhir.elements import Element, element, elements, instant_order, text
from ingestion.readers.fhir.problems import Unfit
from ingestion.records import CanonicalRow

FEED = "withdrawn_record"


def is_of_deletions(resource: Element) -> bool:
    """Whether a Bundle says what was deleted, and nothing else."""
    entries = elements(resource, "entry")
    return bool(entries) and all(
        text(element(entry, "request"), "method") == "DELETE" and "resource" not in entry
        for entry in entries
    )


def deleted_rows(resource: Element) -> list[CanonicalRow]:
    """One row per deleted resource. Raises Unfit, also when nothing says when it was deleted."""
    order = instant_order(element(resource, "meta"), "lastUpdated")
    if order == 0:
        raise Unfit("Q-REQ", "sender_sequence")
    rows: list[CanonicalRow] = []
    for entry in elements(resource, "entry"):
        kind, _, number = text(element(entry, "request"), "url").rpartition("/")
        row = {
            "record_type": kind.rpartition("/")[2],
            "record_id": number,
            "sender_sequence": str(order),
        }
        rows.append((FEED, row))
    return rows
