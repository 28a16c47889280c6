"""Columns of the further feeds, in the order of their files."""

from __future__ import annotations

AUTHORIZATION = (
    "authorization_id", "version_seq", "person_id", "member_id", "requested_date", "decided_date",
    "decision", "denial_reason", "procedure_code_system", "procedure_code", "units", "laterality",
    "diagnosis_code_system", "diagnosis_code", "place_of_service_code", "urgency",
    "requesting_npi", "servicing_npi", "planned_date", "valid_from", "valid_to", "withdrawn_date",
    "extract_population",
)  # fmt: skip
PROGRAM_ACCESS = (
    "group_id", "vendor_id", "contract_id", "access_from", "access_to", "initiation", "arm",
    "assignment_unit", "assigned_at", "sender_sequence",
)  # fmt: skip
CONSENT = (
    "member_id", "purpose", "legal_basis", "scope", "consent_from", "withdrawn_at",
    "sender_sequence",
)  # fmt: skip
ABSENCE = (
    "absence_id", "person_id", "member_id", "start_date", "end_date", "full_duty_date",
    "restricted_duty_date", "reason_dx", "status", "scheduled_days", "sender_sequence",
)  # fmt: skip
PLAN_BENEFIT = (
    "group_id", "plan", "valid_from", "valid_to", "deductible", "out_of_pocket_maximum",
    "coinsurance", "opinion_cost_share", "prior_authorization_families", "carve_outs",
    "stop_loss_attachment", "currency_code",
)  # fmt: skip
PROGRAM_FEE = (
    "fee_id", "contract_id", "vendor_id", "fee_basis", "consultation_id", "group_id", "fee_from",
    "fee_to", "quantity", "amount", "currency_code", "invoice_id",
)  # fmt: skip
PROGRAM_INVOICE = (
    "invoice_id", "contract_id", "vendor_id", "invoice_month", "issued_date", "cases", "amount",
    "currency_code",
)  # fmt: skip
VENDOR_REPORTED = (
    "consultation_id", "vendor_id", "reported_date", "claimed_change", "claimed_saving",
    "price_basis", "currency_code",
)  # fmt: skip
OUTCOME = (
    "consultation_id", "member_id", "outcome_date", "response", "satisfaction",
    "decision_confidence", "followup_dx", "followup_dx_system", "evidence_type",
    "return_to_work_days",
)  # fmt: skip
PHARMACY_CLAIM = (
    "claim_id", "claim_line_number", "person_id", "member_id", "payer", "dispensing_date",
    "ndc_code", "quantity", "days_supply", "refills", "paid_date", "paid_amount",
    "allowed_amount", "charge_amount", "copayment_amount", "sender_sequence", "currency_code",
)  # fmt: skip
FURTHER: dict[str, tuple[str, ...]] = {
    "authorization": AUTHORIZATION,
    "program_access": PROGRAM_ACCESS,
    "consent": CONSENT,
    "absence": ABSENCE,
    "plan_benefit": PLAN_BENEFIT,
    "program_fee": PROGRAM_FEE,
    "program_invoice": PROGRAM_INVOICE,
    "vendor_reported": VENDOR_REPORTED,
    "outcome": OUTCOME,
    "pharmacy_claim": PHARMACY_CLAIM,
}
