"""Authorisations of everybody, absences from work, and drugs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from simulation.calendars import add_days
from simulation.conditions import related_code
from simulation.families import facility_code
from simulation.feeds.scene import Row, Scene
from simulation.layouts import iso
from simulation.office import SIDES
from simulation.timeline import NEVER, calendar_day, month_start

_VALID_DAYS = 365
_PLANNED_DAYS = 60
_WORKING_AGE = 66
_FILLS = 0.35
_DRUGS = (("99999000101", 18), ("99999000202", 42), ("99999000303", 95))


def authorization(scene: Scene) -> Iterator[Row]:
    """Every request, users' and others': first as it is asked, then as it is decided."""
    for row in scene.triggers():
        if row.intent != "E1":
            continue
        asked = calendar_day(row.trigger_day)
        decided = add_days(asked, int(scene.rng.integers(1, 12)))
        first = _request(scene, row, asked)
        yield add_days(asked, 1), first
        yield add_days(decided, 1), first | _decision(scene, row.decision, decided)


def _request(scene: Scene, row: Any, asked: date) -> dict[str, str]:
    side = SIDES[scene.sides[row.Index]]
    return {
        "authorization_id": f"{scene.profile.prefix}-A{row.person + 1:07d}",
        "version_seq": "1",
        "person_id": scene.people[row.row].member_id,
        "member_id": scene.member(row, row.trigger_day),
        "requested_date": iso(asked),
        "decision": "pending",
        "procedure_code_system": scene.profile.facility_system,
        "procedure_code": facility_code(scene.profile.facility_system, row.family, side),
        "units": "1",
        "laterality": side,
        "diagnosis_code_system": scene.profile.diagnosis_system,
        "diagnosis_code": related_code(row.family, side, scene.profile, False),
        "place_of_service_code": "21",
        "urgency": "urgent" if scene.rng.random() < 0.05 else "elective",
        "requesting_npi": f"9{row.employer:02d}{row.person % 97:02d}00001",
        "servicing_npi": f"8{row.employer:02d}{row.person % 31:02d}00001",
        "planned_date": iso(add_days(asked, _PLANNED_DAYS)),
        "extract_population": "all_requests",
    }


def _decision(scene: Scene, decision: str, decided: date) -> dict[str, str]:
    values = {"version_seq": "2", "decided_date": iso(decided), "decision": decision}
    if decision == "approved":
        values |= {"valid_from": iso(decided), "valid_to": iso(add_days(decided, _VALID_DAYS))}
    elif decision == "denied":
        values["denial_reason"] = "MEDNEC" if scene.rng.random() < 0.7 else "AUTH"
    else:
        values["withdrawn_date"] = iso(decided)
    return values


def absence(scene: Scene) -> Iterator[Row]:
    """Time off work after operations and in bad spells; a quarter is still open."""
    for row in scene.triggers():
        operated = row.operated_day != NEVER and row.covered_operation
        start = row.operated_day if operated else row.trigger_day
        draw, length = scene.rng.random(3), scene.rng.lognormal(3.7, 0.5)
        if row.age + start / 365.25 > _WORKING_AGE or (not operated and draw[0] > 0.25):
            continue
        if start >= month_start(scene.history.world.months):
            continue
        yield from _spell(scene, row, start, int(length if operated else length / 4) + 2, draw[1])


def _spell(scene: Scene, row: Any, start: int, days: int, chance: float) -> Iterator[Row]:
    censored = chance < scene.history.world.return_censored
    first, last = calendar_day(start), calendar_day(start + days)
    side = SIDES[scene.sides[row.Index]]
    opened = {
        "absence_id": f"{scene.profile.prefix}-L{row.person + 1:07d}",
        "person_id": scene.people[row.row].member_id,
        "member_id": scene.member(row, start),
        "start_date": iso(first),
        "reason_dx": related_code(row.family, side, scene.profile, False),
        "status": "open",
        "scheduled_days": str(days),
        "sender_sequence": "1",
    }
    yield add_days(first, 5), opened
    if censored:
        return
    restricted = calendar_day(start + days * 3 // 4)
    yield (
        add_days(last, 2),
        opened
        | {
            "end_date": iso(last),
            "full_duty_date": iso(add_days(last, 1)),
            "restricted_duty_date": iso(restricted),
            "status": "closed",
            "sender_sequence": "2",
        },
    )


def pharmacy_claim(scene: Scene) -> Iterator[Row]:
    """Drugs with some of the visits for the condition."""
    care, triggers = scene.history.care, scene.history.triggers
    chosen = care[(care["kind"] == "visit") & scene.history.in_course("realised")]
    fills = scene.rng.random(len(chosen)) < _FILLS
    ends, rows = triggers["end_day"].to_numpy(), list(scene.triggers())
    for number, (at, day) in enumerate(
        zip(chosen["trigger"][fills].tolist(), chosen["day"][fills].tolist(), strict=True)
    ):
        if day < month_start(scene.history.world.months) and (ends[at] == NEVER or day <= ends[at]):
            yield _fill(scene, rows[at], number, day)


def _fill(scene: Scene, row: Any, number: int, day: int) -> Row:
    ndc, dollars = _DRUGS[int(scene.rng.integers(0, len(_DRUGS)))]
    on = calendar_day(day)
    allowed = max(5, round(dollars * scene.profile.unit * scene.rng.uniform(0.7, 1.4)))
    copay = allowed // 5
    return (
        add_days(on, 3),
        {
            "claim_id": f"{scene.profile.prefix}D{scene.history.block:05d}{number + 1:06d}",
            "claim_line_number": "1",
            "person_id": scene.people[row.row].member_id,
            "member_id": scene.member(row, day),
            "payer": scene.profile.name,
            "dispensing_date": iso(on),
            "ndc_code": ndc,
            "quantity": "30",
            "days_supply": "30",
            "refills": "0",
            "paid_date": iso(add_days(on, 2)),
            "paid_amount": scene.money(allowed - copay),
            "allowed_amount": scene.money(allowed),
            "charge_amount": scene.money(allowed * 1.5),
            "copayment_amount": scene.money(copay),
            "sender_sequence": "1",
            "currency_code": scene.profile.currency,
        },
    )
