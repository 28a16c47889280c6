"""Resources written for tests: small, with one thing changed at a time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from ingestion.check import FileReport, check_file
from ingestion.readers import fhir_r4
from ingestion.records import Item, Record

Resource = dict[str, Any]
CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def concept(code: str, system: str = "http://example.org/codes") -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def amount(category: str, value: Any) -> Resource:
    """An adjudication or total."""
    return {"category": concept(category, ADJUDICATION), "amount": money(value)}


def money(value: Any) -> Resource:
    return {"value": value, "currency": "USD"}


def line(number: int, *adjudications: Resource, **more: Any) -> Resource:
    return {
        "sequence": number,
        "productOrService": concept("X1234", "https://bluebutton.cms.gov/codesystem/hcpcs"),
        "servicedDate": "2024-03-05",
        "adjudication": list(adjudications),
        **more,
    }


EOB: Resource = {
    "resourceType": "ExplanationOfBenefit",
    "id": "eob-1",
    "meta": {"lastUpdated": "2024-04-01T10:00:00Z"},
    "status": "active",
    "use": "claim",
    "type": concept("professional", CLAIM_TYPE),
    "patient": {"reference": "Patient/-77"},
    "billablePeriod": {"start": "2024-03-05", "end": "2024-03-06"},
    "insurer": {"display": "Some Plan"},
    "outcome": "complete",
    "item": [line(1, amount("submitted", 100), amount("eligible", 80), amount("benefit", 60))],
    "payment": {"amount": money(60), "date": "2024-03-20"},
}
COVERAGE: Resource = {
    "resourceType": "Coverage",
    "id": "cov-1",
    "status": "active",
    "beneficiary": {"reference": "Patient/-77"},
    "payor": [{"display": "Some Plan"}],
    "period": {"start": "2023-01-01", "end": "2023-12-31"},
}


def changed(resource: Resource, **values: Any) -> Resource:
    """A copy with elements replaced; None takes one away."""
    made = copy.deepcopy(resource) | values
    return {name: value for name, value in made.items() if value is not None}


def write(path: Path, *lines: Resource | str) -> Path:
    """NDJSON of resources and of lines as they are."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def report(tmp_path: Path, *lines: Resource | str) -> FileReport:
    return check_file(write(tmp_path / "made.ndjson", *lines))


def one(resource: Resource | str) -> Item:
    """What the reader says of one resource."""
    text = resource if isinstance(resource, str) else json.dumps(resource)
    return next(iter(fhir_r4.items(1, text)))


def rows(resource: Resource) -> list[dict[str, str]]:
    """Canonical rows of an accepted resource, filled columns only."""
    taken = one(resource)
    assert isinstance(taken, Record), taken
    return [{name: text for name, text in row.items() if text} for _, row in taken.rows]


def row(resource: Resource) -> dict[str, str]:
    (only,) = rows(resource)
    return only
