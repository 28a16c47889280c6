"""835: balance, adjustments, reversals, provider level; 834: members, coverage, dates."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.errors import Refused
from tests.ingestion.x12_files import Taken, interchange, paid_claim, payment, take, text

REMIT, ENROL = "005010X221A1", "005010X220A1"


def remit(folder: Path, paid: str, *body: str) -> Taken:
    content = text(interchange([*payment(paid), *body], guide=REMIT))
    return take(folder, content, feed="remittance_claim")


def test_a_claim_its_line_and_its_adjustments(tmp_path: Path) -> None:
    taken = remit(tmp_path, "70", *paid_claim())
    (claim,), (line,) = taken.rows["remittance_claim"], taken.rows["remittance_line"]
    assert claim == {
        "claim_id": "ICNC1", "patient_control_number": "C1", "person_id": "M1", "member_id": "M1",
        "adjustment_type": "original", "claim_status_code": "1", "claim_status": "paid",
        "claim_filing_code": "12", "facility_type_code": "11", "claim_frequency_code": "1",
        "claim_start_date": "2025-12-01", "claim_end_date": "2025-12-01", "charge_amount": "100",
        "paid_amount": "70", "allowed_amount": "80", "patient_responsibility_amount": "10",
        "deductible_amount": "15", "coinsurance_amount": "-5", "payer": "PAYOR ONE",
        "payee": "CLINIC", "payee_npi": "1234567893", "payment_method_code": "ACH",
        "trace_number": "T100", "paid_date": "2026-01-15", "currency_code": "USD",
        "sender_sequence": "13695840",
    }  # fmt: skip
    assert (line["hcpcs_code"], line["allowed_amount"], line["remittance_line_number"]) == (
        "G0101", "80", "1",
    )  # fmt: skip
    triplets = [
        (row["group_code"], row["reason_code"], row["adjustment_amount"])
        for row in taken.rows["remittance_adjustment"]
    ]
    assert triplets == [("CO", "45", "20"), ("PR", "1", "15"), ("PR", "2", "-5")]


def test_what_is_covered_is_not_what_is_allowed(tmp_path: Path) -> None:
    """AMT*AU counts submitted charges; a claim is allowed what all its lines are, or nothing."""
    head = ["CLP*C1*1*100*70*0*12*ICNC1*11*1", "AMT*AU*100"]
    lines = ["SVC*HC:G0101*60*50**1", "CAS*CO*45*10", "AMT*B6*50",
             "SVC*HC:G0102*40*20**1", "CAS*CO*45*20"]  # fmt: skip
    some = remit(tmp_path, "70", *head, *lines).rows["remittance_claim"][0]
    every = remit(tmp_path, "70", *head, *lines, "AMT*B6*20").rows["remittance_claim"][0]
    assert (some.get("allowed_amount"), every.get("allowed_amount")) == (None, "70")


def test_a_reversal_and_its_correction(tmp_path: Path) -> None:
    denied = ["CLP*C2*4*100*0**12*ICNC2*11*1", "SVC*HC:G0101*100*0**0", "CAS*CO*29*100"]
    taken = remit(tmp_path, "0", *paid_claim(status="22", sign="-"), *paid_claim(), *denied)
    found = [(row["adjustment_type"], row["paid_amount"], row["claim_status"])
             for row in taken.rows["remittance_claim"]]  # fmt: skip
    assert found == [("reversal", "-70", "paid"), ("replacement", "70", "paid"),
                     ("original", "0", "denied")]  # fmt: skip


def test_provider_adjustments_stay_apart(tmp_path: Path) -> None:
    plb = "PLB*1234567893*20251231*L6:INT*-1.50*WO:OLD1*21.5*FB*-20"
    taken = remit(tmp_path, "70", *paid_claim(), plb)
    assert taken.rows["remittance_claim"][0]["paid_amount"] == "70"
    found = [
        (row["adjustment_reason_code"], row.get("reference_id"), row["adjustment_amount"])
        for row in taken.rows["provider_adjustment"]
    ]
    assert found == [("L6", "INT", "-1.50"), ("WO", "OLD1", "21.5"), ("FB", None, "-20")]
    assert taken.accepted == 2


def test_a_remittance_of_provider_adjustments_alone(tmp_path: Path) -> None:
    taken = remit(tmp_path, "12.34", "PLB*1*20251231*L6*-12.34")
    assert list(taken.rows) == ["provider_adjustment"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CAS*CO*45*20", "CAS*CO*45*19.99"),
        ("SVC*HC:G0101*100*70**1", "SVC*HC:G0101*100*70.01**1"),
        ("CLP*C1*1*100*70*10*12*ICNC1*11*1", "CLP*C1*1*101*70*10*12*ICNC1*11*1"),
    ],
)
def test_a_claim_that_does_not_balance_is_held(old: str, new: str, tmp_path: Path) -> None:
    body = [new if segment == old else segment for segment in paid_claim()]
    taken = remit(tmp_path, "140", *body, *paid_claim("C2"))
    assert [row["patient_control_number"] for row in taken.rows["remittance_claim"]] == ["C2"]
    assert taken.codes == ["X-BAL3"]


@pytest.mark.parametrize("paid", ["69.99", "-70", "", "seventy"])
def test_a_payment_that_does_not_balance_lets_nothing_in(paid: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        remit(tmp_path, paid, *paid_claim())
    assert refused.value.code == ("Q-NUM" if paid == "seventy" else "X-BAL3")


def test_a_held_claim_still_counts_in_the_payment(tmp_path: Path) -> None:
    body = [*paid_claim(), *paid_claim("C2")]
    body[3] = "DTM*472*20259999"
    taken = remit(tmp_path, "140", *body)
    assert taken.codes == ["Q-DATE"]
    assert sum(Decimal(row["paid_amount"]) for row in taken.rows["remittance_claim"]) == 70


def test_a_header_date_that_is_none_is_told(tmp_path: Path) -> None:
    head = [payment("70")[0].replace("20260115", "20260080"), *payment("70")[1:]]
    content = text(interchange([*head, *paid_claim()], guide=REMIT))
    taken = take(tmp_path, content, feed="remittance_claim")
    assert taken.warnings == ["W-DATE"]
    assert taken.rows["remittance_claim"][0]["paid_date"] == "2026-01-14"


def test_pricing_without_payment_is_no_claim(tmp_path: Path) -> None:
    taken = remit(tmp_path, "70", *paid_claim(), "CLP*P1*25*50*0**12*X")
    assert taken.codes == ["X-PRED"]


def test_currency_and_corrected_member(tmp_path: Path) -> None:
    body = paid_claim()
    body.insert(2, "NM1*74*1*DOE*ANN****C*M9")
    head = payment("70")
    head.insert(2, "CUR*PR*CAD")
    taken = take(tmp_path, text(interchange([*head, *body], guide=REMIT)))
    claim = taken.rows["remittance_claim"][0]
    assert (claim["currency_code"], claim["member_id"]) == ("CAD", "M9")


def enrol(folder: Path, *body: str, action: str = "2") -> Taken:
    head = [f"BGN*00*1*20260101*0900****{action}", "REF*38*POLICY", "N1*P5*EMPLOYER*FI*1",
            "N1*IN*PAYOR ONE*FI*2"]  # fmt: skip
    return take(folder, text(interchange([*head, *body], guide=ENROL)), feed="eligibility")


SUBSCRIBER = [
    "INS*Y*18*021*20*A*C**FT", "REF*0F*S1", "REF*1L*GROUP1", "DTP*356*D8*20250601",
    "NM1*IL*1*DOE*ANN*B**JR*34*123456789", "PER*IP**HP*5550100*EM*ANN", "N3*1 ROAD*FLAT 2",
    "N4*CITY*TX*77777", "DMG*D8*19700101*F**C", "NM1*31*1", "N3*OTHER", "NM1*M8*2*SCHOOL",
    "HD*021**HLT*PLAN A*FAM", "DTP*348*D8*20260101", "DTP*349*D8*99991231",
    "HD*024**DEN", "DTP*348*D8*20250101", "DTP*349*D8*20251231", "LX*1", "NM1*P3*1*DOC",
]  # fmt: skip


def test_a_subscriber_with_two_coverages(tmp_path: Path) -> None:
    health, dental = enrol(tmp_path, *SUBSCRIBER).rows["eligibility"]
    assert health == {
        "person_id": "S1", "member_id": "S1", "subscriber_id": "S1", "subscriber_relation": "18",
        "first_name": "ANN", "middle_name": "B", "last_name": "DOE", "name_suffix": "JR",
        "social_security_number": "123456789", "phone": "5550100", "email": "ANN",
        "address": "1 ROAD, FLAT 2", "city": "CITY", "state": "TX", "zip_code": "77777",
        "birth_date": "1970-01-01", "gender": "F", "race": "C", "group_id": "GROUP1",
        "group_name": "EMPLOYER", "payer": "PAYOR ONE", "plan": "PLAN A", "coverage_tier": "FAM",
        "line_of_business": "HLT", "enrollment_status": "added", "data_source": "834 change",
        "enrollment_start_date": "2026-01-01", "file_date": "2026-01-01",
        "sender_sequence": "13676220",
    }  # fmt: skip
    assert (dental["enrollment_status"], dental["enrollment_end_date"]) == (
        "terminated", "2025-12-31",
    )  # fmt: skip


def test_dependents_have_ids_of_their_own(tmp_path: Path) -> None:
    child = ["INS*N*19*021*20*A", "REF*0F*S1", "NM1*IL*1*DOE*TIM LEE", "DMG*D8*20150203*M",
             "HD*021**HLT", "DTP*348*D8*20260101"]  # fmt: skip
    numbered = ["INS*N*19*021*20*A", "REF*0F*S1-03", "DTP*356*D8*20260101", "DTP*357*D8*20260201"]
    rows = enrol(tmp_path, *SUBSCRIBER, *child, *numbered).rows["eligibility"][2:]
    assert [(row["person_id"], row.get("member_id"), row["subscriber_id"]) for row in rows] == [
        ("S1-20150203-TIMLEE", None, "S1"), ("S1-03", "S1-03", "S1"),
    ]  # fmt: skip
    assert rows[1]["enrollment_end_date"] == "2026-02-01"


@pytest.mark.parametrize(("action", "mode"), [("2", "834 change"), ("4", "834 full"),
                                              ("RX", "834 full"), ("", "834")])  # fmt: skip
def test_full_and_change_files_are_told_apart(action: str, mode: str, tmp_path: Path) -> None:
    rows = enrol(tmp_path, *SUBSCRIBER, action=action).rows["eligibility"]
    assert {row["data_source"] for row in rows} == {mode}


def test_what_makes_a_member_wait(tmp_path: Path) -> None:
    ended = ["INS*N*19*024*07*A", "REF*0F*S1", "DTP*357*D8*19960801"]
    nobody = ["INS*Y*18*021*20*A", "HD*021**HLT", "DTP*348*D8*20260101"]
    broken = ["INS*Y*18*021*20*A", "REF*0F*S9", "HD*021**HLT", "DTP*348*D8*20261301"]
    taken = enrol(tmp_path, *SUBSCRIBER, *ended, *nobody, *broken)
    assert taken.accepted == 1
    assert [(code, column) for _, code, column in taken.rejected] == [
        ("Q-REQ", "enrollment_start_date"), ("Q-REQ", "person_id"),
        ("Q-DATE", "enrollment_start_date"),
    ]  # fmt: skip


def test_a_death_is_kept_and_a_birth_date_that_is_none_is_told(tmp_path: Path) -> None:
    body = ["INS*Y*18*024*03*A******D8*20260105", *SUBSCRIBER[1:]]
    body[8] = "DMG*D8*unknown*F"
    taken = enrol(tmp_path, *body)
    row = taken.rows["eligibility"][0]
    assert (row["death_date"], row["death_flag"], "birth_date" in row) == ("2026-01-05", "1", False)
    assert taken.warnings == ["W-DATE"]
