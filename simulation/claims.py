"""First versions of claims: operations, care around a condition, and everything else.

A claim's `adjudicated` day says when the payor decided it; the sender has it the day after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from simulation import pricing
from simulation.calendars import add_days
from simulation.cases import Case, Cover, Operation
from simulation.conditions import related_code
from simulation.diagnoses import CM
from simulation.events import Claim, Line
from simulation.families import (
    BIOPSY_CODE,
    BY_ID,
    PCS,
    STYLES,
    facility_code,
    professional_code,
)
from simulation.parameters import FIRST_SERVICE, Calendar, Rates
from simulation.people import Person
from simulation.profiles import Profile

_ORDINARY_CM = ("I10", "E119", "J069", "Z0000", "L209", "K219")
_ORDINARY_GM = ("I1090", "E1190", "J069", "Z000", "L209", "K219")
_FACILITY_LINES = (("0360", 0.5), ("0278", 0.3), ("0120", 0.2))
_MONTHS_OF_CARE = 14


@dataclass(slots=True)
class Desk:
    """The payor's claims desk for one block: numbers claims and knows the payor's habits."""

    profile: Profile
    rates: Rates
    calendar: Calendar
    block: int
    rng: np.random.Generator
    issued: int = 0

    def claim_id(self) -> str:
        """The next claim id of the block."""
        self.issued += 1
        return f"{self.profile.prefix}{self.block:05d}{self.issued:06d}"

    def lag(self) -> int:
        """Days from service to decision: mostly weeks, some months."""
        if self.rng.random() < self.rates.slow_claim:
            return int(self.rng.integers(90, 330))
        return 4 + int(self.rng.gamma(2.0, 11.0))


def operation_claims(desk: Desk, member_id: str, operation: Operation) -> list[Claim]:
    """Hospital and surgeon's claims of an operation."""
    claims = []
    if operation.facility and not (desk.profile.facility_system == PCS and not _known(operation)):
        claims.append(_facility(desk, member_id, operation))
    if operation.professional or not claims:
        claims.append(_surgeon(desk, member_id, operation))
    for claim in claims:
        _settle(desk, claim, operation)
    return claims


def _known(operation: Operation) -> bool:
    return bool(operation.side) or not BY_ID[operation.family].sided


def _facility(desk: Desk, member_id: str, operation: Operation) -> Claim:
    family = BY_ID[operation.family]
    total = pricing.allowed_cents(family.facility_cost, 0.35, desk.profile.unit / 100, desk.rng)
    amounts = pricing.split_cents(total, tuple(share for _, share in _FACILITY_LINES))
    admitted = operation.day
    left = add_days(admitted, max(1, family.stay_days + int(desk.rng.integers(-1, 2))))
    lines = [
        _line(n, admitted, family.stay_days if revenue == "0120" else 1, cents, True, revenue)
        for n, ((revenue, _), cents) in enumerate(
            zip(_FACILITY_LINES, amounts, strict=True), start=1
        )
    ]
    return Claim(
        "",
        "",
        "institutional",
        member_id,
        admitted,
        left,
        (related_code(operation.family, operation.side, desk.profile, False),),
        lines,
        bill_type="111",
        admission=admitted,
        discharge=left,
        procedure_code=facility_code(
            desk.profile.facility_system, operation.family, operation.side
        ),
        procedure_date=operation.day if operation.dated else None,
    )


def _surgeon(desk: Desk, member_id: str, operation: Operation) -> Claim:
    family = BY_ID[operation.family]
    code, modifier = professional_code(
        desk.profile.service_system, operation.family, operation.side
    )
    cents = pricing.allowed_cents(family.professional_cost, 0.3, desk.profile.unit / 100, desk.rng)
    line = _line(1, operation.day, 1, cents, True)
    line.service_code, line.modifier = code, modifier
    diagnosis = related_code(operation.family, operation.side, desk.profile, False)
    return Claim(
        "",
        "",
        "professional",
        member_id,
        line.day,
        line.day,
        (diagnosis,),
        [line],
        place="21",
    )


def _settle(desk: Desk, claim: Claim, operation: Operation) -> None:
    """Number and decide the claim; what a story says about its way is final."""
    _issue(desk, claim)
    claim.settled = True
    claim.pinned_night = operation.night
    if operation.night is None:
        claim.adjudicated = min(claim.adjudicated, add_days(desk.calendar.first, -2))
        claim.adjudicated = max(claim.adjudicated, claim.end)
    else:
        claim.adjudicated = add_days(desk.calendar.nights[operation.night], -1)
    if operation.denial:
        deny(claim, operation.denial)


def biopsy_claim(desk: Desk, case: Case, day: date) -> Claim:
    """A diagnostic procedure of the gallbladder: a code of the family's organ, no operation."""
    operation = Operation(case.family.family_id, "", day)
    claim = _facility(desk, case.person.member_id, operation)
    pcs = desk.profile.facility_system == PCS
    stem = STYLES[desk.profile.service_system].stem
    claim.procedure_code = BIOPSY_CODE if pcs else f"{stem}ZX99"
    for line in claim.lines:
        line.allowed, line.paid, line.charge = (
            line.allowed // 8,
            line.paid // 8,
            line.charge // 8,
        )
    _issue(desk, claim)
    claim.settled = True
    return claim


def condition_claims(
    desk: Desk, person: Person, family_id: str, side: str, cover: Cover, begin: date
) -> list[Claim]:
    """Visits, imaging, injections and physiotherapy of a condition from its first visit on."""
    family = BY_ID[family_id]
    count = 5 + int(desk.rng.poisson(7))
    days = np.sort(desk.rng.integers(0, 30 * _MONTHS_OF_CARE, count))
    cents = pricing.many_allowed_cents(
        family.alternative_cost / count, 0.8, desk.profile.unit / 100, count, desk.rng
    )
    claims = []
    for n in range(count):
        day = add_days(begin, int(days[n]) if n else 0)
        if day > add_days(desk.calendar.last, -1) or not cover.holds(day):
            continue
        code = related_code(family_id, side, desk.profile, vague=n == 0 and count % 3 == 0)
        claims.append(_visit(desk, person.member_id, day, int(cents[n]), code, _CARE[n % 4]))
    return claims


_CARE = ("V20", "I30", "T40", "T41")


def ordinary_claims(desk: Desk, person: Person, cover: Cover) -> list[Claim]:
    """Unrelated visits over the covered time."""
    last = add_days(desk.calendar.last, -1)
    span = (last - FIRST_SERVICE).days
    count = int(desk.rng.poisson(desk.rates.visits_a_year * span / 365))
    days = np.sort(desk.rng.integers(0, span + 1, count))
    cents = pricing.many_allowed_cents(140, 1.1, desk.profile.unit / 100, count, desk.rng)
    codes = _ORDINARY_CM if desk.profile.diagnosis_system == CM else _ORDINARY_GM
    which = desk.rng.integers(0, len(codes), count)
    claims = []
    for day, amount, place in zip(days.tolist(), cents.tolist(), which.tolist(), strict=True):
        on = add_days(FIRST_SERVICE, day)
        if cover.holds(on):
            claims.append(_visit(desk, person.member_id, on, amount, codes[place], "V10"))
    return claims


def deny(claim: Claim, reason: str) -> None:
    """Refuse the claim: nothing allowed, nothing paid, the charge and the units stay."""
    claim.denial = reason
    for line in claim.lines:
        line.allowed = line.paid = 0


def _visit(desk: Desk, member_id: str, day: date, cents: int, diagnosis: str, kind: str) -> Claim:
    stem = STYLES[desk.profile.service_system].stem
    line = _line(1, day, 1, cents, False)
    line.service_code = f"{stem}{kind}"
    lines = [line]
    if cents % 7 == 0:  # some visits have a second line, a laboratory test
        extra = _line(2, day, 2, max(1, cents // 3), False)
        extra.service_code = f"{stem}L50"
        lines.append(extra)
    claim = Claim("", "", "professional", member_id, day, day, (diagnosis,), lines, place="11")
    _issue(desk, claim)
    return claim


def _issue(desk: Desk, claim: Claim) -> None:
    claim.claim_id = claim.family = desk.claim_id()
    claim.adjudicated = add_days(claim.end, desk.lag())


def _line(number: int, day: date, units: int, cents: int, large: bool, revenue: str = "") -> Line:
    return Line(
        number,
        day,
        units,
        cents,
        pricing.paid_cents(cents, large),
        pricing.charge_cents(cents),
        revenue=revenue,
    )
