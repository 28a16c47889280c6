"""Rows a correct intake quarantines. They are extras: no truth ever counts them."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.layouts import COLUMNS, money
from simulation.profiles import Profile


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row in the feed's column order and the quarantine code it earns."""

    code: str
    values: list[str]


def bad_rows(feed: str, profile: Profile) -> list[BadRow]:
    """The feed's bad rows. Their paid amount is a sound zero, so control totals stay clear."""
    good = _GOOD[feed](profile)
    return [BadRow(code, _with(feed, good, changes)) for code, changes in _DEFECTS[feed]]


def _with(feed: str, good: dict[str, str], changes: dict[str, str]) -> list[str]:
    known = {**good, **changes}
    return [known.get(column, "") for column in COLUMNS[feed]]


def _claim(profile: Profile) -> dict[str, str]:
    return {
        "claim_id": f"{profile.prefix}BAD0001",
        "claim_line_number": "1",
        "claim_type": "professional",
        "person_id": f"{profile.prefix}BAD01",
        "member_id": f"{profile.prefix}BAD01",
        "claim_start_date": "2026-05-04",
        "claim_line_start_date": "2026-05-04",
        "service_unit_quantity": "1",
        "paid_amount": money(0, profile.minor_units),
        "allowed_amount": money(0, profile.minor_units),
        "charge_amount": money(80 * 10**profile.minor_units, profile.minor_units),
        "sender_sequence": "1",
        "currency_code": profile.currency,
    }


def _member(profile: Profile) -> dict[str, str]:
    return {
        "person_id": f"{profile.prefix}BAD02",
        "member_id": f"{profile.prefix}BAD02",
        "birth_date": "1970-01-01",
        "enrollment_start_date": "2024-01-01",
        "plan": profile.plans[0],
        "sender_sequence": "1",
    }


def _consultation(profile: Profile) -> dict[str, str]:
    return {
        "consultation_id": f"{profile.prefix}-BAD0001",
        "vendor_id": profile.vendors[0],
        "member_id": f"{profile.prefix}BAD03",
        "requested_date": "2026-05-04",
        "delivery_mode": "telephonic",
        "service_type": "single_specialty",
        "end_user": "insurer_payor",
        "initiation": "patient",
        "specialty": "orthopaedics",
        "currency_code": profile.currency,
        "status": "requested",
        "sender_sequence": "1",
    }


_GOOD = {"medical_claim": _claim, "eligibility": _member, "consultation": _consultation}
_DEFECTS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "medical_claim": [
        ("Q-DATE", {"claim_line_start_date": "2026-02-30"}),
        ("Q-DATE", {"claim_start_date": "04.05.2026"}),
        ("Q-NUM", {"allowed_amount": "1O.00"}),
        ("Q-CODE", {"claim_type": "pharmacy"}),
        ("Q-REQ", {"claim_id": ""}),
        ("Q-COLS", {}),
    ],
    "eligibility": [
        ("Q-DATE", {"enrollment_start_date": "2024-13-01"}),
        ("Q-REQ", {"person_id": ""}),
    ],
    "consultation": [
        ("Q-CODE", {"delivery_mode": "carrier_pigeon"}),
        ("Q-DATE", {"requested_date": "2026-05-4"}),
    ],
}
