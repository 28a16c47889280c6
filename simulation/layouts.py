"""The canonical flat layouts: columns of each feed, and records as rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from simulation.events import Claim, ConsultationRow, DiagnosisSet, ProcedureSet, Proposal, Span
from simulation.feeds.columns import FURTHER
from simulation.people import Person
from simulation.profiles import Profile

ELIGIBILITY = (
    "person_id",
    "member_id",
    "gender",
    "birth_date",
    "death_date",
    "death_flag",
    "enrollment_start_date",
    "enrollment_end_date",
    "payer",
    "plan",
    "group_id",
    "line_of_business",
    "language",
    "sender_sequence",
)
MEDICAL_CLAIM = (
    "claim_id",
    "claim_line_number",
    "claim_type",
    "person_id",
    "member_id",
    "payer",
    "claim_start_date",
    "claim_end_date",
    "claim_line_start_date",
    "claim_line_end_date",
    "admission_date",
    "discharge_date",
    "place_of_service_code",
    "bill_type_code",
    "revenue_center_code",
    "service_unit_quantity",
    "hcpcs_code",
    "hcpcs_modifier_1",
    "paid_date",
    "paid_amount",
    "allowed_amount",
    "charge_amount",
    "diagnosis_code_type",
    "diagnosis_code_1",
    "procedure_code_type",
    "procedure_code_1",
    "procedure_date_1",
    "claim_status",
    "denial_code",
    "original_claim_id",
    "adjustment_type",
    "sender_sequence",
    "adjudicated_date",
    "currency_code",
)
CONSULTATION = (
    "consultation_id",
    "vendor_id",
    "contract_id",
    "member_id",
    "requested_date",
    "delivered_to_member_date",
    "delivery_mode",
    "delivery_submode",
    "service_type",
    "reviewer_count",
    "end_user",
    "initiation",
    "specialty",
    "ai_assisted",
    "country",
    "language",
    "reviewer_class",
    "reviewer_blinded",
    "insufficient_information",
    "fee_amount",
    "currency_code",
    "status",
    "sender_sequence",
)
CONSULTATION_DIAGNOSIS = (
    "consultation_id",
    "opinion",
    "rank",
    "code",
    "code_system",
    "diagnosis_date",
    "source",
    "sender_sequence",
)
CONSULTATION_PROCEDURE = (
    "consultation_id",
    "opinion",
    "proposal_no",
    "procedure_family",
    "laterality",
    "recommended_date",
    "planned_date",
    "deferred_until",
    "intent_evidence",
    "recommendation",
    "sender_sequence",
)
COLUMNS: dict[str, tuple[str, ...]] = {
    "eligibility": ELIGIBILITY,
    "medical_claim": MEDICAL_CLAIM,
    "consultation": CONSULTATION,
    "consultation_diagnosis": CONSULTATION_DIAGNOSIS,
    "consultation_procedure": CONSULTATION_PROCEDURE,
    **FURTHER,
}
# Without requests for authorisation nobody can tell what a payor's claims do not show.
CORE_FEEDS = tuple(feed for feed in COLUMNS if feed not in FURTHER or feed == "authorization")
# What a sender of the reversal style leaves out of its claims.
_REVERSAL_STYLE_OMITS = frozenset({"original_claim_id", "hcpcs_modifier_1", "claim_end_date"})


def header(feed: str, profile: Profile) -> tuple[str, ...]:
    """The payor's header: northlake's kind keeps the contract's order, the other sorts a subset."""
    columns = COLUMNS[feed]
    if profile.layout_of(feed) == "tuva_0_18":
        return (*columns, *TUVA_EXTRA)
    if profile.adjustments == "replacement":
        return columns
    return tuple(sorted(c for c in columns if c not in _REVERSAL_STYLE_OMITS))


TUVA_EXTRA = ("data_source", "file_name", "ingest_datetime")


def places(feed: str, profile: Profile) -> tuple[int, ...]:
    """Places of the feed's own columns in the order of the payor's header."""
    names = COLUMNS[feed]
    return tuple(names.index(name) for name in header(feed, profile) if name in names)


def constants(feed: str, profile: Profile) -> tuple[str, ...]:
    """Values of the columns that end every row of some layouts."""
    if profile.layout_of(feed) != "tuva_0_18":
        return ()
    return (profile.payor, f"{feed}.csv", "2026-06-30 02:00:00")


def money(amount: int, minor_units: int = 2) -> str:
    """Minor units as a decimal with the currency's places."""
    if not minor_units:
        return str(amount)
    whole, part = divmod(abs(amount), 10**minor_units)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{minor_units}d}"


def written_money(amount: int, feed: str, profile: Profile) -> str:
    """An amount as the payor's files write it; some senders go through binary floating point."""
    if profile.layout_of(feed) == "tuva_0_18":
        return repr(amount * 0.1**profile.minor_units)
    return money(amount, profile.minor_units)


def iso(day: date | None) -> str:
    """ISO date, empty for none."""
    return "" if day is None else day.isoformat()


def eligibility_row(span: Span, person: Person, profile: Profile) -> list[str]:
    """One version of a span in the order of ELIGIBILITY."""
    return [
        span.member_id,
        span.member_id,
        person.sex,
        iso(person.birth),
        iso(span.death),
        "1" if span.death else "0",
        iso(span.start),
        iso(span.end),
        profile.name,
        span.plan,
        person.group,
        person.line_of_business,
        profile.language,
        str(span.sequence),
    ]


def claim_rows(claim: Claim, profile: Profile) -> Iterator[tuple[list[str], int]]:
    """(row in the order of MEDICAL_CLAIM, paid cents) for each line of a claim version."""
    plain = profile.adjustments == "replacement"
    original = claim.family if plain and claim.claim_id != claim.family else ""
    adjustment = "" if plain and claim.adjustment == "original" else claim.adjustment
    decided = iso(claim.adjudicated)
    status = "denied" if claim.denial else ("paid" if plain else "")
    start, end = iso(claim.start), iso(claim.end)
    system = profile.facility_system if claim.procedure_code else ""
    repeated = profile.layout_of("medical_claim") == "tuva_0_18" and bool(claim.bill_type)
    whole = sum(line.charge for line in claim.lines)

    def written(amount: int) -> str:
        return written_money(amount, "medical_claim", profile)

    for line in claim.lines:
        day = iso(line.day)
        yield (
            [
                claim.claim_id,
                str(line.number),
                claim.claim_type,
                claim.member_id,
                claim.member_id,
                profile.name,
                start,
                end,
                day,
                day,
                iso(claim.admission),
                iso(claim.discharge),
                claim.place,
                claim.bill_type,
                line.revenue,
                str(line.units),
                line.service_code,
                line.modifier,
                decided,
                written(line.paid),
                written(line.allowed),
                written(whole if repeated else line.charge),
                profile.diagnosis_system,
                claim.diagnoses[0],
                system,
                claim.procedure_code,
                iso(claim.procedure_date),
                status,
                claim.denial,
                original,
                adjustment,
                str(claim.sequence),
                decided,
                profile.currency,
            ],
            line.paid,
        )


def consultation_row(row: ConsultationRow) -> list[str]:
    """One version of a consultation in the order of CONSULTATION."""
    known = {
        **row.values,
        "consultation_id": row.consultation_id,
        "member_id": row.member_id,
        "requested_date": iso(row.requested),
        "delivered_to_member_date": iso(row.delivered),
        "insufficient_information": "yes" if row.insufficient else "",
        "status": row.status,
        "sender_sequence": str(row.sequence),
    }
    return [known[column] for column in CONSULTATION]


def diagnosis_rows(dset: DiagnosisSet) -> Iterator[list[str]]:
    """Rows of one version of an opinion's diagnoses."""
    for row in dset.rows:
        yield [
            dset.consultation_id,
            row.opinion,
            str(row.rank),
            row.code,
            row.system,
            iso(row.day),
            row.source,
            str(dset.sequence),
        ]


def procedure_rows(pset: ProcedureSet) -> Iterator[list[str]]:
    """Rows of one version of a consultation's proposals: initial ones, then the reviewer's."""
    for proposal in pset.proposals:
        yield _procedure(pset, proposal, "initial")
    if not pset.with_final:
        return
    for proposal in pset.proposals:
        if proposal.recommendation:
            yield _procedure(pset, proposal, "final")
    if pset.added is not None:
        yield _procedure(pset, pset.added, "final")


def _procedure(pset: ProcedureSet, proposal: Proposal, opinion: str) -> list[str]:
    final = opinion == "final"
    return [
        pset.consultation_id,
        opinion,
        str(proposal.number),
        proposal.family,
        proposal.side,
        "" if final else iso(proposal.recommended),
        "" if final else iso(proposal.planned),
        iso(proposal.deferred_until) if final else "",
        "" if final else proposal.intent,
        proposal.recommendation if final else "",
        str(pset.sequence),
    ]
