"""Every public FHIR sample against a few lines over its raw text.

The expectations share no code with the product: json, Decimal and a dictionary.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.check import check_file
from pipeline.settings import ROOT
from tests.ingestion.conftest import Desk

SAMPLES = Path(os.environ.get("SECOND_OPINION_SAMPLES") or ROOT.parent / "shared" / "samples")
HAS_SAMPLES = SAMPLES.exists() or os.environ.get("REQUIRE_SAMPLES") == "1"
pytestmark = pytest.mark.skipif(not HAS_SAMPLES, reason="the public samples are not beside this")

FOLDERS = ("fhir_r4", "fhir_stu3_reject")
FILES = sorted(
    str(path.relative_to(SAMPLES))
    for folder in FOLDERS
    for path in (SAMPLES / folder).rglob("*.ndjson*")
)
UNUSED = (
    "Location", "Organization", "Practitioner", "PractitionerRole", "Immunization",
    "MedicationRequest",
)  # fmt: skip
# folder -> sum of payment.amount as the page beside the samples states it
PUBLISHED = {
    "bcda_2024": "9680.84",
    "ab2d_c4bb_v2": "13021.98",
    "ab2d_c4bb_v3": "390738.28",
    "synthea_v3_2": "587953.872",
}
PAYMENTS = "select sum(paid_amount)::text from {{raw}}.{}"


def resources(name: str) -> Iterator[dict[str, Any]]:
    path = SAMPLES / name
    data = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    for text in data.decode().split("\n"):
        if text.strip():
            yield json.loads(text, parse_float=Decimal)


def kinds(name: str) -> set[str]:
    return {str(one.get("resourceType")) for one in resources(name)}


def of_kind(*wanted: str) -> list[str]:
    return [name for name in FILES if kinds(name) <= set(wanted)]


def tail(reference: str) -> str:
    return reference.rpartition("/")[2].rpartition(":")[2]


def rounded(amount: Any) -> Decimal:
    """As the raw type: four places, half away from zero, each row on its own."""
    return Decimal(amount).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def submitted(eob: dict[str, Any]) -> Decimal:
    """What the claim states as its charge, else the submitted charges of its lines."""
    for total in eob["total"]:
        if "submitted" in {coding["code"] for coding in total["category"]["coding"]}:
            return rounded(total["amount"]["value"])
    charges = [
        rounded(one["amount"]["value"])
        for item in eob["item"]
        for one in item["adjudication"]
        if any(coding["code"].endswith("sbmtd_chrg_amt") for coding in one["category"]["coding"])
    ]
    return sum(charges, Decimal(0))


def days(eob: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """First and last days of a claim and its lines, as written; of a drug, the day of its fill."""
    spans = [
        (day, day) if (day := item.get("servicedDate")) else (span["start"][:10], span["end"][:10])
        for item in eob["item"]
        if (span := item.get("servicedPeriod")) or "servicedDate" in item
    ]
    if "pharmacy" in {coding["code"] for coding in eob["type"]["coding"]}:
        yield from ((first, first) for first, _ in spans)
    else:
        billed = eob["billablePeriod"]
        yield from (*spans, (billed["start"][:10], billed["end"][:10]))


@pytest.mark.parametrize("name", of_kind("ExplanationOfBenefit"))
def test_claims_agree_with_the_raw_text(name: str) -> None:
    eobs, report = list(resources(name)), check_file(SAMPLES / name)
    assert (report.layout, report.feed) == ("fhir_r4", "medical_claim")
    assert (report.refused, report.quarantined) == (None, {})
    assert report.rows == report.accepted == len(eobs) > 0
    assert report.members == len({eob["patient"]["reference"] for eob in eobs})
    assert report.claims == len({eob["id"] for eob in eobs})
    paid = sum((rounded(eob["payment"]["amount"]["value"]) for eob in eobs), Decimal(0))
    assert Decimal(str(report.paid_amount)) == paid
    assert Decimal(str(report.charge_amount)) == sum(map(submitted, eobs), Decimal(0))
    spans = [span for eob in eobs for span in days(eob)]
    assert report.first_service_date == min(first for first, _ in spans)
    assert report.last_service_date == max(last for _, last in spans)


@pytest.mark.parametrize("folder", sorted(PUBLISHED))
def test_published_totals(folder: str) -> None:
    (name,) = (one for one in of_kind("ExplanationOfBenefit") if f"/{folder}/" in one)
    assert check_file(SAMPLES / name).paid_amount == PUBLISHED[folder]


@pytest.mark.parametrize("name", of_kind("Claim"))
def test_submitted_claims_have_charges_only(name: str) -> None:
    claims, report = list(resources(name)), check_file(SAMPLES / name)
    assert report.rows == report.accepted == report.claims == len(claims) > 0
    charged = sum((rounded(one["total"]["value"]) for one in claims), Decimal(0))
    assert Decimal(str(report.charge_amount)) == charged
    assert Decimal(str(report.paid_amount)) == 0


@pytest.mark.parametrize("name", of_kind("Coverage"))
def test_coverage_without_a_period_is_quarantined(name: str) -> None:
    spans, report = list(resources(name)), check_file(SAMPLES / name)
    undated = sum(1 for one in spans if not one.get("period", {}).get("start"))
    assert (report.feed, report.rows) == ("eligibility", len(spans))
    assert report.accepted == len(spans) - undated
    assert report.quarantined == ({"Q-REQ": undated} if undated else {})


@pytest.mark.parametrize("name", of_kind("Patient"))
def test_patients_are_members(name: str) -> None:
    people, report = list(resources(name)), check_file(SAMPLES / name)
    assert (report.feed, report.quarantined) == ("member", {})
    assert report.rows == report.accepted == len(people) > 0
    assert report.members == len({one["id"] for one in people})


@pytest.mark.parametrize("name", of_kind("Encounter", "Condition", "Procedure"))
def test_clinical_events(name: str) -> None:
    events, report = list(resources(name)), check_file(SAMPLES / name)
    assert (report.feed, report.quarantined) == ("clinical_event", {})
    assert report.rows == report.accepted == len(events) > 0
    assert report.members == len({tail(one["subject"]["reference"]) for one in events})


@pytest.mark.parametrize("name", of_kind(*UNUSED, "None", "Bundle"))
def test_other_kinds_are_refused_with_their_code(name: str) -> None:
    code = {"None": "F-LOG", "Bundle": "F-STU3"}.get(*(kinds(name) & {"None", "Bundle"} or {""}))
    report = check_file(SAMPLES / name)
    assert (report.refused, report.rows) == (code or "E-UNUSED", 0)


def test_no_sample_is_left_out() -> None:
    known = of_kind(
        "ExplanationOfBenefit", "Claim", "Coverage", "Patient", "Encounter", "Condition",
        "Procedure", *UNUSED, "None", "Bundle",
    )  # fmt: skip
    assert len(FILES) >= 25
    assert known == FILES


@pytest.mark.warehouse
@pytest.mark.parametrize("folder", sorted(PUBLISHED))
def test_claims_load_to_the_cent(folder: str, desk: Desk) -> None:
    (name,) = (one for one in of_kind("ExplanationOfBenefit") if f"/{folder}/" in one)
    eobs = list(resources(name))
    outcome = desk.receive("medical_claim", SAMPLES / name, "fhir_r4")
    assert (outcome.state, outcome.accepted, outcome.quarantined) == ("loaded", len(eobs), {})
    tables = ("medical_claim", "pharmacy_claim")
    sums = [Decimal(desk.one(PAYMENTS.format(table)) or 0) for table in tables]
    assert sum(sums) == Decimal(PUBLISHED[folder])
    lines = [desk.one(f"select count(*) from {{raw}}.{table}") for table in tables]
    assert sum(lines) == sum(len(eob["item"]) for eob in eobs)
    assert desk.one("select count(*) from vault.person where payor_id = %s", desk.payor) == len(
        {eob["patient"]["reference"] for eob in eobs}
    )


@pytest.mark.warehouse
def test_events_members_and_coverage_load(desk: Desk) -> None:
    folder = SAMPLES / "fhir_r4" / "smart_bulk_10"
    for kind in ("Encounter", "Condition", "Procedure"):
        name = f"fhir_r4/smart_bulk_10/{kind}.000.ndjson.gz"
        outcome = desk.receive("clinical_event", SAMPLES / name, "fhir_r4")
        assert (outcome.state, outcome.accepted) == ("loaded", len(list(resources(name))))
    assert desk.receive("member", folder / "Patient.000.ndjson", "fhir_r4").accepted == 13
    spans = desk.receive(
        "eligibility", SAMPLES / "fhir_r4/bcda_public/Coverage.ndjson.gz", "fhir_r4"
    )
    assert (spans.state, spans.accepted, spans.quarantined) == ("loaded", 0, {"Q-REQ": 200})
    log = desk.receive("clinical_event", folder / "log.ndjson", "fhir_r4")
    assert (log.state, log.code) == ("refused", "F-LOG")
