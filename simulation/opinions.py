"""What the vendor sends of a case: versions of the consultation and of its sets of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.calendars import add_days, add_months
from simulation.cases import Case, pick
from simulation.conditions import opinions
from simulation.events import ConsultationRow, DiagnosisSet, ProcedureSet, Proposal, Records
from simulation.layouts import money
from simulation.parameters import Calendar
from simulation.profiles import Profile

_MODES = (("in_person", 0.2), ("telephonic", 0.25), ("online_virtual", 0.55))
_SUBMODES = (("asynchronous_record_review", 0.55), ("video", 0.45))
_SERVICES = (("single_specialty", 0.72), ("multidisciplinary", 0.28))
_END_USERS = (
    ("hospital_clinic", 0.2),
    ("diagnostic_centre", 0.12),
    ("insurer_payor", 0.4),
    ("patient_direct", 0.28),
)
_INITIATIONS = (
    ("patient", 0.35),
    ("treating_physician", 0.2),
    ("payor_encouraged", 0.2),
    ("payor_mandated", 0.13),
    ("statutory", 0.12),
)
_SPECIALTIES = {
    "knee_arthroplasty": "orthopaedics",
    "hip_arthroplasty": "orthopaedics",
    "lumbar_fusion": "neurosurgery",
    "lumbar_decompression": "neurosurgery",
    "cholecystectomy": "general_surgery",
    "hysterectomy": "gynaecology",
}
_AI = (("yes", 0.3), ("no", 0.55), ("", 0.15))
_INTENTS = (("E1", 0.4), ("E2", 0.25), ("E3", 0.28), ("E4", 0.07))
_CLASSES = (("confirmed", 0.3), ("refined", 0.3), ("changed", 0.3), ("", 0.1))
_RECOMMENDATIONS = {"against": "against", "alternative": "alternative", "defer": "defer"}


def write_up(
    case: Case,
    profile: Profile,
    calendar: Calendar,
    records: Records,
    rng: np.random.Generator,
) -> None:
    """Append every version the vendor sends of this case to the block's records."""
    values = _attributes(case, profile, rng)
    _consultations(case, values, calendar, records)
    _diagnoses(case, profile, calendar, records, rng)
    _procedures(case, calendar, records, rng)


def _attributes(case: Case, profile: Profile, rng: np.random.Generator) -> dict[str, str]:
    mode = pick(_MODES, rng)
    service = pick(_SERVICES, rng)
    vendor = profile.vendors[int(rng.integers(0, len(profile.vendors)))]
    fee = int(rng.integers(55, 130)) * 10 + (400 if service == "multidisciplinary" else 0)
    return {
        "vendor_id": vendor,
        "contract_id": f"{vendor}-2022",
        "delivery_mode": mode,
        "delivery_submode": pick(_SUBMODES, rng) if mode == "online_virtual" else "",
        "service_type": service,
        "reviewer_count": "3" if service == "multidisciplinary" else "1",
        "end_user": pick(_END_USERS, rng),
        "initiation": pick(_INITIATIONS, rng),
        "specialty": _SPECIALTIES[case.family.family_id],
        "ai_assisted": pick(_AI, rng),
        "country": profile.country,
        "language": profile.language,
        "reviewer_class": pick(_CLASSES, rng),
        "reviewer_blinded": "yes" if rng.random() < 0.4 else "no",
        "fee_amount": money(case.fee or round(fee * profile.unit), profile.minor_units),
        "currency_code": profile.currency,
    }


def _consultations(
    case: Case, values: dict[str, str], calendar: Calendar, records: Records
) -> None:
    asked = dict(values, reviewer_class="", reviewer_blinded="")
    first = ConsultationRow(
        case.consultation_id,
        case.person.member_id,
        1,
        "requested",
        case.requested,
        None,
        asked,
        night=calendar.index_on(add_days(case.requested, 1)),
    )
    records.consultations.append(first)
    if case.status == "requested":
        return
    night = _delivery_night(case, calendar)
    last = replace(first, sequence=2, status=case.status, delivered=case.delivered, night=night)
    last.values = asked if case.status == "cancelled" else values
    last.insufficient = case.kind == "insufficient" and case.delivered is not None
    records.consultations.append(last)


def _delivery_night(case: Case, calendar: Calendar) -> int | None:
    if case.delivery_night is not None:
        return calendar.at_or_after(case.delivery_night)
    return calendar.index_on(add_days(case.t0, 1))


def _diagnoses(
    case: Case, profile: Profile, calendar: Calendar, records: Records, rng: np.random.Generator
) -> None:
    initial, final = opinions(case, profile, rng)
    asked = calendar.index_on(add_days(case.requested, 1))
    if case.ordinal % 89 != 40:  # once in a while the first diagnosis is not on record
        records.diagnosis_sets.append(
            DiagnosisSet(case.consultation_id, "initial", 1, initial, night=asked)
        )
    if case.delivered is None or not final:
        return
    night = _delivery_night(case, calendar)
    if case.final_night is not None:
        night = calendar.at_or_after(case.final_night)
    records.diagnosis_sets.append(
        DiagnosisSet(case.consultation_id, "final", 2, final, night=night)
    )


def _procedures(case: Case, calendar: Calendar, records: Records, rng: np.random.Generator) -> None:
    proposals = _proposals(case, rng)
    asked = calendar.index_on(add_days(case.requested, 1))
    if proposals:
        plain = [replace(p, recommendation="", deferred_until=None) for p in proposals]
        records.procedure_sets.append(
            ProcedureSet(case.consultation_id, 1, plain, False, night=asked)
        )
    if case.delivered is None or not (proposals or case.added):
        return
    answer = ProcedureSet(
        case.consultation_id, 2, proposals, True, night=_delivery_night(case, calendar)
    )
    if case.added:
        answer.added = Proposal(len(proposals) + 1, case.added, "", case.t0, None, "", "add")
    records.procedure_sets.append(answer)
    if case.revised is not None and case.revised[0] > 0:
        index, position = case.revised
        turned = [replace(p, recommendation=_RECOMMENDATIONS[position]) for p in proposals]
        records.procedure_sets.append(
            replace(answer, sequence=3, proposals=turned, night=calendar.at_or_after(index))
        )


def _proposals(case: Case, rng: np.random.Generator) -> list[Proposal]:
    if not case.proposed:
        return []
    wanted = [(case.family.family_id, case.side, case.position)]
    if case.second is not None:
        wanted.append(case.second)
    return [
        Proposal(
            number,
            family,
            side,
            case.recommended,
            add_days(case.t0, int(rng.integers(20, 120))),
            case.intent or pick(_INTENTS, rng),
            _recommendation(position, rng),
            add_months(case.t0, 6) if position == "defer" else None,
        )
        for number, (family, side, position) in enumerate(wanted, start=1)
    ]


def _recommendation(position: str, rng: np.random.Generator) -> str:
    if position == "agreed":
        return "proceed" if rng.random() < 0.85 else "modify"
    return _RECOMMENDATIONS.get(position, "")
