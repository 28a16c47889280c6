"""Later versions of claims: denials, corrections, voids and orphans, in the payor's style.

replacement    a correction is a new claim id that names the first id and is the whole claim;
               a void is such a version without money.
reversal_pair  the same claim id: a reversal takes the earlier version back (negative units and
               amounts), and a corrected `original` with a higher sequence follows, or nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from simulation import pricing
from simulation.calendars import add_days
from simulation.cases import Operation
from simulation.claims import Desk, deny
from simulation.events import Claim, Line

_DENIALS = ("AUTH", "MEDNEC", "ELIG", "DUP", "TIMELY")
_FAR = 10**6


def grow_versions(desk: Desk, first: Claim) -> list[Claim]:
    """All versions of an ordinary claim; operations are settled and stay as they are."""
    if first.settled:
        return [first]
    chance = float(desk.rng.random())
    rates = desk.rates
    if chance < rates.denied:
        return _denied(desk, first)
    chance -= rates.denied
    if chance < rates.replaced:
        return _replaced(desk, first)
    chance -= rates.replaced
    if chance < rates.voided:
        return [first, *take_back(desk, first, _later(desk, first))]
    chance -= rates.voided
    if chance < rates.orphan:
        return _orphan(desk, first)
    return [first]


def operation_versions(desk: Desk, first: Claim, operation: Operation) -> list[Claim]:
    """Versions a story asks for: payment after a denial, or a void, on a given night."""
    nights = desk.calendar.nights
    if operation.paid_night:
        paid = _repriced(first, 1.0)
        later = correct(desk, first, paid, add_days(nights[operation.paid_night], -1))
        return [first, *_pinned(later, operation.paid_night)]
    if operation.void_night:
        later = take_back(desk, first, add_days(nights[operation.void_night], -1))
        return [first, *_pinned(later, operation.void_night)]
    return [first]


def correct(desk: Desk, last: Claim, lines: list[Line], day: date) -> list[Claim]:
    """The rows by which the payor replaces `last` with new lines."""
    if desk.profile.adjustments == "replacement":
        return [_version(last, _next_id(desk, last), "replacement", lines, day, last.sequence + 1)]
    back = _reversal(last, day)
    return [back, _version(last, last.claim_id, "original", lines, day, last.sequence + 2)]


def take_back(desk: Desk, last: Claim, day: date) -> list[Claim]:
    """The rows by which the payor voids `last`."""
    if desk.profile.adjustments == "replacement":
        lines = [replace(line, allowed=0, paid=0, charge=0, units=0) for line in last.lines]
        return [_version(last, _next_id(desk, last), "void", lines, day, last.sequence + 1)]
    return [_reversal(last, day)]


def _next_id(desk: Desk, last: Claim) -> str:
    """Id of a correction: a new one, or the family's with a suffix."""
    if desk.profile.suffix_ids:
        return f"{last.family}R{last.sequence}"
    return desk.claim_id()


def _denied(desk: Desk, claim: Claim) -> list[Claim]:
    lines = [replace(line) for line in claim.lines]
    deny(claim, _DENIALS[int(desk.rng.integers(0, len(_DENIALS)))])
    if desk.rng.random() >= desk.rates.denied_later_paid:
        return [claim]
    return [claim, *correct(desk, claim, lines, _later(desk, claim))]


def _replaced(desk: Desk, claim: Claim) -> list[Claim]:
    factor = float(desk.rng.uniform(0.6, 1.2))
    versions = [claim, *correct(desk, claim, _repriced(claim, factor), _later(desk, claim))]
    if desk.rng.random() < desk.rates.replaced_twice:
        last = versions[-1]
        again = _repriced(last, float(desk.rng.uniform(0.8, 1.1)))
        versions += correct(desk, last, again, _later(desk, last))
    return versions


def _orphan(desk: Desk, claim: Claim) -> list[Claim]:
    """A void or reversal whose original comes a night later, or never."""
    later = take_back(desk, claim, _later(desk, claim))
    comes = len(desk.calendar.nights) > 1 and desk.rng.random() < 0.5
    claim.pinned_night = 1 if comes else _FAR
    return [claim, *later]


def _repriced(claim: Claim, factor: float) -> list[Line]:
    """The claim's lines at another price; a denied line is priced from its charge."""
    lines = []
    for line in claim.lines:
        base = line.allowed or int(line.charge / 1.7)
        allowed = int(base * factor)
        paid = pricing.paid_cents(allowed, claim.settled)
        lines.append(replace(line, allowed=allowed, paid=paid))
    return lines


def _version(
    last: Claim, claim_id: str, adjustment: str, lines: list[Line], day: date, sequence: int
) -> Claim:
    return replace(
        last,
        claim_id=claim_id,
        lines=lines,
        adjustment=adjustment,
        sequence=sequence,
        adjudicated=day,
        denial="",
        pinned_night=None,
    )


def _reversal(last: Claim, day: date) -> Claim:
    lines = [
        replace(
            line,
            units=-line.units,
            allowed=-line.allowed,
            paid=-line.paid,
            charge=-line.charge,
        )
        for line in last.lines
    ]
    return _version(last, last.claim_id, "reversal", lines, day, last.sequence + 1)


def _later(desk: Desk, claim: Claim) -> date:
    return add_days(claim.adjudicated, 8 + int(desk.rng.integers(0, 60)))


def _pinned(claims: list[Claim], night: int) -> list[Claim]:
    for claim in claims:
        claim.pinned_night = night
    return claims
