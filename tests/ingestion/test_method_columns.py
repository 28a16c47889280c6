"""What the method needs of the senders has a column in the feeds, and a file may leave it out.

The list is that of the methodology, section 13, and of the consultation feed in the design, in the
words of the feeds.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from ingestion.contract import load_feed
from pipeline.settings import ROOT, Settings
from tests.dbt.conftest import Nights
from warehouse.connection import connect
from warehouse.payor_file import Payor

NEEDED = {
    "consultation": (
        "vendor_id contract_id delivered_to_member_date report_channel reviewer_npi"
        " reviewer_org_id reviewer_specialty reviewer_country first_clinician_npi"
        " prior_consultation_id reviewer_class reviewer_grade reviewer_blinded"
        " second_adjudication treating_physician_informed treating_physician_agreed"
        " records_requested records_received records_source_system patient_locality"
        " member_intends_to_follow"
    ),
    "consultation_procedure": (
        "recommended_date authorization_id deferred_until levels extent procedure_code"
        " procedure_code_system intent_evidence"
    ),
    "authorization": (
        "authorization_id version_seq person_id requested_date decided_date decision denial_reason"
        " procedure_code_system procedure_code_release procedure_code units laterality levels"
        " diagnosis_code place_of_service_code urgency requesting_npi servicing_npi planned_date"
        " valid_from valid_to withdrawn_date extract_population"
    ),
    "program_access": (
        "group_id member_id vendor_id access_from access_to initiation arm assignment_unit"
        " assigned_at"
    ),
    "eligibility": (
        "group_id funding_type line_of_business coverage_tier language other_coverage_from"
        " other_coverage_to"
    ),
    "plan_benefit": (
        "deductible out_of_pocket_maximum coinsurance opinion_cost_share"
        " prior_authorization_families carve_outs stop_loss_attachment"
    ),
    "medical_claim": (
        "payment_basis encounter_only_flag claim_status denial_code denial_code_system"
        " original_claim_id adjustment_type sender_sequence adjudicated_date received_date"
        " other_payer_paid payer_rank currency_code procedure_code_release rendering_specialty"
    ),
    "pharmacy_claim": "rebate_amount",
    "program_fee": "contract_id vendor_id fee_basis amount fee_from fee_to group_id invoice_id",
    "program_invoice": "invoice_id contract_id amount",
    "vendor_reported": "consultation_id claimed_change claimed_saving price_basis",
    "absence": (
        "person_id start_date end_date full_duty_date restricted_duty_date reason_dx status"
        " scheduled_days"
    ),
    "consent": "member_id purpose legal_basis scope consent_from withdrawn_at",
    "outcome": "followup_dx evidence_type response_date",
}
STAGING = ROOT / "dbt_project" / "models" / "staging"
RENAMED = {"received_date": "payor_received_date"}
# feed -> what a sender may add, by column
MORE = {
    "eligibility": {"other_coverage_from": "2025-01-01", "other_coverage_to": "2025-06-30"},
    "medical_claim": {
        "denial_code_system": "carc",
        "received_date": "2026-02-01",
        "encounter_only_flag": "1",
        "other_payer_paid": "12.5000",
        "payer_rank": "2",
        "rendering_specialty": "orthopaedics",
        "procedure_code_release": "2026",
    },
    "consultation": {
        "report_channel": "portal",
        "reviewer_npi": "1234567893",
        "treating_physician_agreed": "no",
        "records_received": "4",
        "patient_locality": "rural",
        "member_intends_to_follow": "yes",
    },
    "consultation_procedure": {"authorization_id": "A1", "levels": "2", "extent": "partial"},
}
ROWS = {
    "eligibility": {
        "person_id": "P1", "member_id": "P1", "payer": "one", "plan": "one",
        "enrollment_start_date": "2025-01-01",
    },
    "medical_claim": {
        "claim_id": "C1", "claim_line_number": "1", "claim_type": "professional",
        "person_id": "P1", "claim_start_date": "2026-01-15", "paid_amount": "1.00",
    },
    "consultation": {
        "consultation_id": "K1", "vendor_id": "v", "member_id": "P1",
        "requested_date": "2026-01-05", "delivery_mode": "telephonic",
        "service_type": "single_specialty", "end_user": "insurer_payor", "initiation": "patient",
        "specialty": "orthopaedics",
        "currency_code": "USD", "status": "requested", "sender_sequence": "1",
    },
    "consultation_procedure": {
        "consultation_id": "K1", "opinion": "initial", "proposal_no": "1",
        "procedure_family": "knee_arthroplasty", "laterality": "left",
        "recommended_date": "2026-01-01", "sender_sequence": "1",
    },
}  # fmt: skip


@pytest.mark.parametrize("feed", NEEDED)
def test_the_feed_carries_what_the_method_needs(feed: str) -> None:
    assert set(NEEDED[feed].split()) <= {column.name for column in load_feed(feed).columns}


@pytest.mark.parametrize("feed", MORE)
def test_the_columns_are_optional_and_staged(feed: str) -> None:
    columns = {column.name: column for column in load_feed(feed).columns}
    staged = (STAGING / f"stg_{feed}.yml").read_text()
    for name in MORE[feed]:
        assert not columns[name].required
        assert f"- name: {RENAMED.get(name, name)}\n" in staged


@pytest.mark.warehouse
@pytest.mark.parametrize("feed", MORE)
def test_a_file_loads_with_them_and_without(
    settings: Settings, payor: Payor, tmp_path: Path, feed: str
) -> None:
    nights = Nights(settings, payor.payor_id, tmp_path)
    nights.send(feed, ROWS[feed])
    nights.send(feed, ROWS[feed] | MORE[feed])
    names = ", ".join(f"{name}::text" for name in MORE[feed])
    with connect(settings) as conn:
        rows = psycopg.Cursor(conn).execute(
            f"select {names} from raw_{payor.payor_id}.{feed} order by receipt_id".encode()
        ).fetchall()  # fmt: skip
    assert rows == [(None,) * len(MORE[feed]), tuple(MORE[feed].values())]
