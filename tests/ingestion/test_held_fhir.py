"""FHIR files that a steward has to look at: errors of the export, unknown profiles."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion import load, receipts, steward
from ingestion.errors import Held, Refused
from ingestion.messages import ACTIONS
from ingestion.steward import Decision
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.files import put
from tests.ingestion.test_held import is_held

pytestmark = pytest.mark.warehouse

DECISION = Decision("ada", datetime(2026, 7, 2, tzinfo=UTC), "the profile was announced")
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "fatal", "code": "exception", "diagnostics": "CANARY"}],
}
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"profile": ["http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-Patient|9.0.0"]},
    "gender": "female",
    "birthDate": "1970-01-01",
}


def lines(*resources: dict[str, object]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in resources).encode()


@pytest.mark.case(55)
def test_a_file_of_errors_is_held(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("clinical_event", put(tmp_path, lines(OUTCOME, OUTCOME)), "fhir_r4")
    assert is_held(desk, outcome, "F-ERROR", {})
    assert "CANARY" not in str(outcome)


@pytest.mark.case(61)
@pytest.mark.parametrize("at", [0, 40])
def test_an_unknown_profile_is_held_until_it_is_admitted(
    at: int, desk: Desk, tmp_path: Path
) -> None:
    known = [{**PATIENT, "id": f"k{n}", "meta": {}} for n in range(at)]
    path = put(tmp_path, lines(*known, PATIENT))
    outcome = desk.receive("member", path, "fhir_r4")
    assert is_held(desk, outcome, "F-PROFILE", {})
    steward.release(desk.conn, desk.payor, outcome.receipt_id, "add", DECISION)
    assert desk.receive("member", path, "fhir_r4").accepted == at + 1


@pytest.mark.case(54, 55)
@pytest.mark.parametrize(("judged", "state"), [
    (Refused("F-MANIFEST", found="missing(2)"), "refused"),
    (Held("F-ERROR", found="count(2)"), "held"),
])  # fmt: skip
def test_what_a_manifest_says_against_a_file_stands_in_its_receipt(
    judged: Refused, state: str, desk: Desk, tmp_path: Path
) -> None:
    path = put(tmp_path, lines({**PATIENT, "meta": {}}))
    receipt = receipts.register(desk.conn, desk.payor, "member", "fhir_r4", path, DAY, judged)
    outcome = load.load_receipt(desk.conn, receipt)
    assert (outcome.state, outcome.code, desk.stored()) == (state, judged.code, {})
    assert f"found {judged.found}. Did: {ACTIONS[state]}." in outcome.messages[0]
