"""One claim at a time: what each element of an ExplanationOfBenefit becomes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ingestion.records import Rejected, Skipped
from tests.ingestion.fhir.made import (
    CLAIM_TYPE,
    COVERAGE,
    EOB,
    ICD,
    amount,
    changed,
    concept,
    line,
    money,
    one,
    row,
    rows,
)

TYPE_OF_BILL = "https://www.nubc.org/CodeSystem/TypeOfBill"
EXTENSIONS = "https://bluebutton.cms.gov/resources/variables/"


def total(claim: dict[str, Any], column: str) -> Decimal:
    return sum((Decimal(one.get(column, "0")) for one in rows(claim)), Decimal(0))


# ── money ─────────────────────────────────────────────────────────────────────────────────────


def test_lines_that_add_up_keep_their_amounts() -> None:
    items = [line(1, amount("benefit", 40)), line(2, amount("benefit", 20))]
    paid = [one["paid_amount"] for one in rows(changed(EOB, item=items))]
    assert paid == ["40.0000", "20.0000"]


def test_what_lines_leave_unstated_goes_to_the_first_that_states_nothing() -> None:
    items = [line(1, amount("benefit", 40)), line(2), line(3)]
    paid = [one.get("paid_amount") for one in rows(changed(EOB, item=items))]
    assert paid == ["40.0000", "20.0000", None]


def test_the_claim_wins_over_lines_that_contradict_it_and_counts_once() -> None:
    items = [line(1, amount("benefit", 5)), line(2, amount("benefit", 7))]
    paid = [one.get("paid_amount") for one in rows(changed(EOB, item=items))]
    assert paid == ["60.0000", None]


def test_lines_count_where_the_claim_states_nothing() -> None:
    claim = changed(EOB, payment=None)
    assert (row(claim)["charge_amount"], row(claim)["paid_amount"]) == ("100.0000", "60.0000")


@pytest.mark.parametrize("place", ["total", "adjudication"])
def test_totals_and_header_adjudications_are_the_claims(place: str) -> None:
    claim = changed(EOB, **{place: [amount("submitted", 250), amount("eligible", 90)]})
    assert row(claim)["charge_amount"] == "250.0000"
    assert row(claim)["allowed_amount"] == "90.0000"


def test_two_codings_of_one_amount_count_once() -> None:
    both = amount("paidtoprovider", 60)
    both["category"]["coding"].append({"system": "x", "code": f"{EXTENSIONS}line_prvdr_pmt_amt"})
    claim = changed(EOB, payment=None, item=[line(1, both, amount("paidtopatient", 2))])
    assert row(claim)["paid_amount"] == "62.0000"


def test_a_rate_sent_as_submitted_is_no_charge() -> None:
    rate = amount("submitted", 9)
    rate["category"]["coding"].append({"system": "x", "code": f"{EXTENSIONS}rev_cntr_rate_amt"})
    claim = changed(EOB, item=[line(1, rate, amount("submitted", 100))])
    assert row(claim)["charge_amount"] == "100.0000"


def test_deductibles_add_up_and_copayments_are_kept() -> None:
    parts = (amount("deductible", 5), amount("deductible", 6), amount("copay", 20))
    taken = row(changed(EOB, item=[line(1, *parts)]))
    assert (taken["deductible_amount"], taken["copayment_amount"]) == ("11.0000", "20.0000")


def test_binary_noise_is_rounded_half_away_from_zero() -> None:
    text = '{"amount": {"value": 0.00005, "currency": "USD"}}'
    claim = changed(EOB, payment="PAYMENT", item=[line(1)])
    taken = one(json.dumps(claim).replace('"PAYMENT"', text))
    assert taken.rows[0][1]["paid_amount"] == "0.0001"  # type: ignore[union-attr]


def test_mixed_currencies_are_quarantined() -> None:
    mixed = changed(EOB, payment={"amount": {"value": 60, "currency": "EUR"}})
    assert one(mixed) == Rejected(1, "Q-CODE", "currency_code")


def test_a_claim_without_lines_is_one_line() -> None:
    assert row(changed(EOB, item=None))["paid_amount"] == "60.0000"


# ── versions and states ───────────────────────────────────────────────────────────────────────


def related(relationship: str, value: str) -> list[dict[str, Any]]:
    return [{"relationship": concept(relationship), "reference": {"value": value}}]


def order(claim: dict[str, Any]) -> int:
    return int(row(claim)["sender_sequence"])


def test_cancelled_is_void() -> None:
    assert row(changed(EOB, status="cancelled"))["adjustment_type"] == "void"


def test_prior_makes_a_replacement_of_the_family() -> None:
    taken = row(changed(EOB, id="eob-2", related=related("prior", "eob-1")))
    assert (taken["adjustment_type"], taken["original_claim_id"]) == ("replacement", "eob-1")


def test_a_replacement_outranks_the_later_note_that_it_replaced() -> None:
    later = {"lastUpdated": "2025-01-01T00:00:00Z"}
    replaced = changed(EOB, meta=later, related=related("replacedby", "eob-2"))
    replacement = changed(EOB, id="eob-2", related=related("prior", "eob-1"))
    assert row(replaced)["adjustment_type"] == "void"
    assert order(EOB) < order(replaced) < order(replacement)


def test_a_reference_to_the_prior_claim_works_too() -> None:
    prior = [{"relationship": concept("prior"), "claim": {"reference": "Claim/c-9"}}]
    assert row(changed(EOB, related=prior))["original_claim_id"] == "c-9"


def test_later_updates_rank_higher_whatever_their_offset() -> None:
    early = changed(EOB, meta={"lastUpdated": "2024-04-01T23:00:00+02:00"})
    late = changed(EOB, meta={"lastUpdated": "2024-04-01T22:00:00Z"})
    assert order(early) < order(late) < 10**9


def test_the_submitted_claim_ranks_below_its_answer() -> None:
    claim = changed(EOB, resourceType="Claim", id="eob-1", payment=None, total=money(300))
    assert order(claim) < order(EOB)
    assert row(claim)["charge_amount"] == "300.0000"


def test_claim_and_answer_share_the_payors_claim_id() -> None:
    identifier = [
        {"system": "https://x/claim-group", "value": "900", "type": concept("uc")},
        {"system": "https://x/id", "value": "-41", "type": concept("uc")},
    ]
    assert row(changed(EOB, identifier=identifier))["claim_id"] == "-41"


def test_preauthorisations_and_drafts_are_no_claims() -> None:
    assert one(changed(EOB, use="preauthorization")) == Skipped(1, "I-KIND")
    assert one(changed(EOB, status="draft")) == Skipped(1, "I-KIND")


def test_denied_claims_and_lines() -> None:
    unpaid = {"type": concept("denied"), "amount": money(0)}
    assert row(changed(EOB, payment=unpaid, item=[line(1)]))["claim_status"] == "denied"
    reason = {"category": concept("denialreason"), "reason": concept("CO96")}
    status = {"category": concept("benefitpaymentstatus"), "reason": concept("denied")}
    items = [line(1, amount("benefit", 60)), line(2, reason, status)]
    states = [
        (one["claim_status"], one.get("denial_code")) for one in rows(changed(EOB, item=items))
    ]
    assert states == [("paid", None), ("denied", "CO96")]


def test_a_paid_claim_is_not_denied_by_its_codes() -> None:
    denied = [{"url": f"{EXTENSIONS}carr_clm_pmt_dnl_cd", "valueCoding": {"code": "0"}}]
    assert row(changed(EOB, extension=denied))["claim_status"] == "paid"
    unpaid = changed(EOB, extension=denied, payment={"amount": money(0)})
    assert row(unpaid)["claim_status"] == "denied"


@pytest.mark.parametrize("first_version", [True, False])
def test_network_as_a_reason_and_as_a_category(first_version: bool) -> None:
    inside = concept("innetwork", "http://hl7.org/fhir/us/carin-bb/C4BBPayerAdjudicationStatus")
    said = {"category": inside} if first_version else {
        "category": concept("benefitpaymentstatus"), "reason": inside,
    }  # fmt: skip
    assert row(changed(EOB, adjudication=[said]))["in_network_flag"] == "1"


# ── kinds ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "kind"),
    [("institutional", "institutional"), ("professional", "professional"),
     ("oral", "dental"), ("vision", "vision"), ("other", "undetermined")],
)  # fmt: skip
def test_kinds_by_claim_type(code: str, kind: str) -> None:
    assert row(changed(EOB, type=concept(code, CLAIM_TYPE)))["claim_type"] == kind


@pytest.mark.parametrize(("code", "kind"), [("82", "professional"), ("10", "institutional")])
def test_the_record_type_wins_over_a_wrong_claim_type(code: str, kind: str) -> None:
    both = {"coding": [{"system": f"{EXTENSIONS}nch_clm_type_cd", "code": code},
                       {"system": CLAIM_TYPE, "code": "oral"}]}  # fmt: skip
    assert row(changed(EOB, type=both))["claim_type"] == kind


def test_the_profile_tells_the_kind_where_no_type_does() -> None:
    profile = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Oral"
    taken = row(changed(EOB, type=None, meta={"profile": [profile]}))
    assert taken["claim_type"] == "dental"


def test_a_drug_keeps_its_ndc_and_its_fill() -> None:
    ndc = concept("00338-0049-04", "http://hl7.org/fhir/sid/ndc")
    supply = [
        {"sequence": 1, "category": concept("dayssupply"), "valueQuantity": {"value": 30}},
        {"sequence": 2, "category": concept("refillnum"), "valueQuantity": {"value": 1}},
    ]
    claim = changed(EOB, type=concept("pharmacy", CLAIM_TYPE), supportingInfo=supply,
                    item=[line(1, productOrService=ndc, quantity={"value": 60})])  # fmt: skip
    taken = row(claim)
    assert (taken["ndc_code"], taken["dispensing_date"]) == ("00338004904", "2024-03-05")
    assert (taken["quantity"], taken["days_supply"], taken["refills"]) == (
        "60.0000", "30.0000", "1.0000",
    )  # fmt: skip
    assert taken["paid_amount"] == "60.0000"
    assert "original_claim_id" not in taken
    assert one(changed(claim, status="cancelled")) == Skipped(1, "I-VOIDED")


# ── codes, stays, people, dates ───────────────────────────────────────────────────────────────


def diagnosis(at: int, code: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"sequence": at, "diagnosisCodeableConcept": concept(code, ICD),
            "type": [concept(kind)], **more}  # fmt: skip


def test_principal_first_then_sequence_each_code_once_with_poa() -> None:
    entries = [
        diagnosis(3, "E11.9", "other", onAdmission=concept("N")),
        diagnosis(4, "I10", "principal"),
        diagnosis(1, "R07.9", "admitting"),
        diagnosis(2, "I10", "other", onAdmission=concept("Y")),
    ]
    taken = row(changed(EOB, diagnosis=entries))
    assert taken["diagnosis_code_type"] == "icd-10-cm"
    assert (taken["diagnosis_code_1"], taken["diagnosis_poa_1"]) == ("I10", "Y")
    assert (taken["diagnosis_code_2"], taken["diagnosis_poa_2"]) == ("E119", "N")
    assert "diagnosis_code_3" not in taken


def test_a_contained_condition_gives_its_code() -> None:
    held = {"resourceType": "Condition", "id": "c", "code": concept("M17.11", ICD)}
    entry = {"sequence": 1, "diagnosisReference": {"reference": "#c"}}
    assert row(changed(EOB, contained=[held], diagnosis=[entry]))["diagnosis_code_1"] == "M1711"


def test_procedures_keep_order_and_day() -> None:
    pcs = "http://www.cms.gov/Medicare/Coding/ICD10"
    entries = [
        {"sequence": 2, "date": "2024-03-07", "procedureCodeableConcept": concept("B", pcs)},
        {"sequence": 1, "date": "2024-03-06T23:30:00-05:00",
         "procedureCodeableConcept": concept("A", pcs)},
    ]  # fmt: skip
    taken = row(changed(EOB, procedure=entries))
    assert (taken["procedure_code_1"], taken["procedure_date_1"]) == ("A", "2024-03-06")
    assert (taken["procedure_code_2"], taken["procedure_code_type"]) == ("B", "icd-10-pcs")


def test_a_stay() -> None:
    period = {"start": "2024-03-01", "end": "2024-03-06T10:00:00+01:00"}
    info = [
        {"sequence": 1, "category": concept("admissionperiod"), "timingPeriod": period},
        {"sequence": 2, "category": concept("typeofbill"), "code": concept("0117", TYPE_OF_BILL)},
        {"sequence": 3, "category": concept("drg"), "code": concept("42", "https://x/MS-DRG")},
        {"sequence": 4, "category": concept("discharge-status"), "code": concept("1")},
    ]
    claim = changed(EOB, type=concept("institutional", CLAIM_TYPE), supportingInfo=info)
    taken = row(claim)
    assert (taken["admission_date"], taken["discharge_date"]) == ("2024-03-01", "2024-03-06")
    assert (taken["bill_type_code"], taken["drg_code"]) == ("117", "042")
    assert (taken["drg_code_type"], taken["discharge_disposition_code"]) == ("ms-drg", "01")


def test_a_bill_type_from_its_parts() -> None:
    info = [{"sequence": 1, "category": concept("typeofbill"), "code": concept("1")}]
    inner = [{"url": f"{EXTENSIONS}clm_fac_type_cd", "valueCoding": {"code": "1"}}]
    outer = [{"url": f"{EXTENSIONS}clm_srvc_clsfctn_type_cd", "valueCoding": {"code": "3"}}]
    claim = changed(EOB, type=concept("institutional", CLAIM_TYPE), supportingInfo=info,
                    facility={"extension": inner}, extension=outer)  # fmt: skip
    assert row(claim)["bill_type_code"] == "131"


NPI = "http://hl7.org/fhir/sid/us-npi"


@pytest.mark.parametrize(
    "provider",
    [
        {"identifier": {"system": NPI, "value": "1234567893"}},
        {"reference": "#p"},
        {"reference": f"Organization?identifier={NPI}|1234567893"},
    ],
)
def test_providers_by_identifier_containment_and_search(provider: dict[str, Any]) -> None:
    held = {"resourceType": "Organization", "id": "p",
            "identifier": [{"type": concept("PRN"), "value": "9"},
                           {"system": NPI, "value": "1234567893"}]}  # fmt: skip
    team = [{"sequence": 1, "provider": provider, "role": concept("rendering")}]
    taken = row(changed(EOB, contained=[held], provider=provider, careTeam=team))
    assert (taken["billing_npi"], taken["rendering_npi"]) == ("1234567893", "1234567893")


def test_the_lines_own_team_comes_first() -> None:
    team = [
        {"sequence": at, "provider": {"identifier": {"system": NPI, "value": str(at)}},
         "role": concept("performing")}
        for at in (1, 2)
    ]  # fmt: skip
    taken = row(changed(EOB, careTeam=team, item=[line(1, careTeamSequence=[2])]))
    assert taken["rendering_npi"] == "2"


@pytest.mark.parametrize(
    ("reference", "person"),
    [
        ("Patient/-10000000004970", "-10000000004970"),
        ("urn:uuid:6fc4436c-20cc", "6fc4436c-20cc"),
        ("https://example.org/fhir/Patient/7/_history/2", "7"),
        ("#me", "M-1"),
    ],
)
def test_references_to_the_patient(reference: str, person: str) -> None:
    held = {"resourceType": "Patient", "id": "me", "identifier": [{"value": "M-1"}]}
    claim = changed(EOB, contained=[held], patient={"reference": reference})
    assert row(claim)["person_id"] == person


def test_codes_of_a_line() -> None:
    item = line(
        1,
        modifier=[concept("LT"), {"coding": [{"code": "59"}, {"code": "LT"}]}],
        revenue=concept("360"),
        locationCodeableConcept=concept("1"),
        quantity={"value": 2},
    )
    taken = row(changed(EOB, item=[item]))
    assert (taken["hcpcs_modifier_1"], taken["hcpcs_modifier_2"]) == ("LT", "59")
    assert "hcpcs_modifier_3" not in taken
    assert (taken["revenue_center_code"], taken["place_of_service_code"]) == ("0360", "01")


def test_an_absent_service_code_is_empty() -> None:
    absent = concept("NULL", "http://hl7.org/fhir/StructureDefinition/data-absent-reason")
    assert "hcpcs_code" not in row(changed(EOB, item=[line(1, productOrService=absent)]))


def test_days_are_as_written_never_shifted() -> None:
    period = {"start": "2024-03-05T23:59:00-05:00", "end": "2024-03-06T00:30:00.123Z"}
    taken = row(changed(EOB, item=[line(1, servicedDate=None, servicedPeriod=period)]))
    assert taken["claim_line_start_date"] == "2024-03-05"
    assert taken["claim_line_end_date"] == "2024-03-06"


@pytest.mark.parametrize("day", ["2024", "2024-03", "03/05/2024", "20240305", "today"])
def test_days_of_another_form_are_quarantined(day: str) -> None:
    assert one(changed(EOB, item=[line(1, servicedDate=day)])) == Rejected(
        1, "Q-DATE", "claim_line_start_date"
    )


def test_narrative_is_never_kept() -> None:
    secret = {"status": "generated", "div": "<div>Jane Roe</div>"}
    held = {"resourceType": "Practitioner", "id": "p", "text": secret}
    taken = rows(changed(EOB, text=secret, contained=[held]))
    assert "Jane" not in str(taken)


# ── coverage ──────────────────────────────────────────────────────────────────────────────────


def test_coverage_with_a_period_is_a_span() -> None:
    taken = row(changed(COVERAGE, subscriberId="S9", relationship=concept("self")))
    assert (taken["person_id"], taken["subscriber_id"]) == ("-77", "S9")
    assert (taken["enrollment_start_date"], taken["enrollment_end_date"]) == (
        "2023-01-01", "2023-12-31",
    )  # fmt: skip


def test_an_open_end_stays_open() -> None:
    open_end = changed(COVERAGE, period={"start": "2023-01-01", "end": "9999-12-31"})
    assert "enrollment_end_date" not in row(open_end)


def test_coverage_entered_in_error_is_quarantined() -> None:
    assert one(changed(COVERAGE, status="entered-in-error")) == Rejected(
        1, "Q-CODE", "enrollment_status"
    )
