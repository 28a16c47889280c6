"""What the programme's own side sends: access, benefits, consent, fees, claims of success."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from simulation.calendars import add_days, add_months
from simulation.cases import Case
from simulation.conditions import opinions
from simulation.employers import NO_LAUNCH
from simulation.feeds.scene import Row, Scene
from simulation.frames import each
from simulation.layouts import iso
from simulation.parameters import FIRST_SERVICE
from simulation.people import group_id
from simulation.population import expit
from simulation.timeline import calendar_day, month_start

_ASSIGNED_BEFORE = 90
_CONSENT_WITHDRAWN = 0.02
_VENDOR_OPTIMISM = 1.15
_CHARGE = 1.7
_RESPONSE_SLOPE = 0.6


def program_access(scene: Scene) -> Iterator[Row]:
    """One row per employer: arm, and from when. Assigned by lot before the first launch."""
    assigned = add_days(calendar_day(int(month_start(_first_launch(scene)))), -_ASSIGNED_BEFORE)
    for row in each(scene.history.employers):
        has = row.launch_month != NO_LAUNCH
        vendor = scene.profile.vendors[row.employer % len(scene.profile.vendors)]
        yield (
            assigned,
            {
                "group_id": group_id(scene.profile, row.employer),
                "vendor_id": vendor if has else "",
                "contract_id": f"{vendor}-2022" if has else "",
                "access_from": iso(calendar_day(int(month_start(row.launch_month)))) if has else "",
                "initiation": "payor_encouraged" if has else "",
                "arm": "access" if has else "control",
                "assignment_unit": "employer",
                "assigned_at": iso(assigned),
                "sender_sequence": "1",
            },
        )


def _first_launch(scene: Scene) -> int:
    launch = scene.history.employers["launch_month"]
    return int(launch[launch != NO_LAUNCH].min())


def plan_benefit(scene: Scene) -> Iterator[Row]:
    """Benefit design of each employer and plan in two versions."""
    turn = add_months(FIRST_SERVICE, 30)
    for row in each(scene.history.employers):
        for plan in scene.profile.plans:
            richer = row.employer % 3 == 0
            for version, (first, last) in enumerate(
                ((FIRST_SERVICE, add_days(turn, -1)), (turn, None))
            ):
                yield first, _benefit(scene, row.employer, plan, first, last, richer, version)


def _benefit(
    scene: Scene,
    employer: int,
    plan: str,
    first: date,
    last: date | None,
    richer: bool,
    version: int,
) -> dict[str, str]:
    return {
        "group_id": group_id(scene.profile, employer),
        "plan": plan,
        "valid_from": iso(first),
        "valid_to": iso(last),
        "deductible": scene.dollars((500 if richer else 1_500) + 250 * version),
        "out_of_pocket_maximum": scene.dollars(4_000 if richer else 7_000),
        "coinsurance": "0.10" if richer else "0.20",
        "opinion_cost_share": scene.dollars(0),
        "prior_authorization_families": "lumbar_fusion;knee_arthroplasty;hip_arthroplasty",
        "carve_outs": "",
        "stop_loss_attachment": scene.dollars(250_000),
        "currency_code": scene.profile.currency,
    }


def consent(scene: Scene) -> Iterator[Row]:
    """Consent of every member with a case; a few withdraw it later."""
    for row, case in scene.cases():
        given = case.requested
        values = {
            "member_id": case.person.member_id,
            "purpose": "outcome_measurement",
            "legal_basis": "explicit_consent",
            "scope": "claims_and_opinion",
            "consent_from": iso(given),
            "sender_sequence": "1",
        }
        yield add_days(given, 1), values
        if scene.rng.random() < _CONSENT_WITHDRAWN:
            until = calendar_day(int(row.t0_day + scene.rng.integers(30, 400)))
            yield add_days(until, 1), values | {"withdrawn_at": iso(until), "sender_sequence": "2"}


def vendor_reported(scene: Scene) -> Iterator[Row]:
    """The vendor's own claim: the whole list price of every operation it advised against."""
    for row, case in scene.cases():
        if case.delivered is None:
            continue
        against = case.position in ("against", "alternative")
        saving = row.expected_cost * _CHARGE * _VENDOR_OPTIMISM if against else 0
        yield (
            add_days(case.delivered, 30),
            {
                "consultation_id": case.consultation_id,
                "vendor_id": scene.vendors[case.consultation_id],
                "reported_date": iso(add_days(case.delivered, 30)),
                "claimed_change": "yes" if against or case.kind != "same" else "no",
                "claimed_saving": scene.money(saving),
                "price_basis": "charges",
                "currency_code": scene.profile.currency,
            },
        )


def outcome(scene: Scene) -> Iterator[Row]:
    """Follow-up of delivered cases: whoever is content answers more often."""
    for row, case in scene.cases():
        if case.delivered is None:
            continue
        mood = scene.rng.normal() + (0.4 if case.position == "agreed" else 0.0)
        answers = scene.rng.random() < float(_answers(scene, mood))
        on = add_months(case.delivered, 6)
        values = {
            "consultation_id": case.consultation_id,
            "member_id": case.person.member_id,
            "outcome_date": iso(on),
            "response": "yes" if answers else "no",
        }
        if answers:
            values |= _answer(scene, row, case, mood)
        yield add_days(on, 7), values


def _answers(scene: Scene, mood: float) -> float:
    """About the wanted share answers over all moods."""
    share = scene.history.world.response
    centre = 1.08 * (share / (1 - share) - 1) - 0.1
    return float(expit(centre + _RESPONSE_SLOPE * mood))


def _answer(scene: Scene, row: Any, case: Case, mood: float) -> dict[str, str]:
    level = min(10, max(0, round(7 + 1.5 * mood)))
    sound = case.miscoded
    case.miscoded = ""
    final = opinions(case, scene.profile, scene.rng)[1]
    case.miscoded = sound
    known = final[0] if final else None
    return {
        "satisfaction": str(level),
        "decision_confidence": str(min(10, max(0, level + int(scene.rng.integers(-2, 3))))),
        "followup_dx": known.code if known else "",
        "followup_dx_system": known.system if known else "",
        "evidence_type": "operative_finding" if row.operated else "imaging",
        "return_to_work_days": str(int(scene.rng.lognormal(3.7, 0.5))),
    }


def program_fee(scene: Scene) -> Iterator[Row]:
    """A fee for every delivered or cancelled case, on the month's invoice of its vendor."""
    for _, case in scene.cases():
        if case.status == "requested":
            continue
        on = case.delivered or case.requested
        yield add_days(on, 15), fee_row(scene, case, on)


def fee_row(scene: Scene, case: Case, on: date) -> dict[str, str]:
    """One case fee."""
    vendor = scene.vendors[case.consultation_id]
    return {
        "fee_id": f"F-{case.consultation_id}",
        "contract_id": f"{vendor}-2022",
        "vendor_id": vendor,
        "fee_basis": "case",
        "consultation_id": case.consultation_id,
        "group_id": case.person.group,
        "fee_from": iso(on),
        "fee_to": iso(on),
        "quantity": "1",
        "amount": scene.money(case.fee or 0),
        "currency_code": scene.profile.currency,
        "invoice_id": f"{vendor}-{on:%Y%m}",
    }
