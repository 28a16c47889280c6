"""One second-opinion case as it happens, before anybody writes it down.

A `Case` is a draft: `draw` fills it from the rates, a story (see `stories`) may then rewrite it,
and the builders of consultations, spans and claims read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from simulation.calendars import add_days, add_months
from simulation.families import BY_ID, FAMILIES, Family
from simulation.parameters import FIRST_SERVICE, Calendar, Rates
from simulation.people import Person

SIDES = ("left", "right")
DIAGNOSIS_KINDS: tuple[tuple[str, float], ...] = (
    ("same", 0.47),
    ("less_specific", 0.05),
    ("other_side", 0.03),
    ("more_specific", 0.08),
    ("sibling", 0.07),
    ("symptom_to_disease", 0.07),
    ("rank_swap", 0.04),
    ("other_disease", 0.09),
    ("disease_to_symptom", 0.05),
    ("missing_final", 0.02),
    ("unknown_code", 0.01),
    ("both_symptoms", 0.01),
    ("insufficient", 0.01),
)


@dataclass(slots=True)
class Operation:
    """An operation that took place, and how its claims reach the payor."""

    family: str
    side: str
    day: date
    facility: bool = True
    professional: bool = True
    dated: bool = True
    denial: str = ""
    night: int | None = None
    paid_night: int | None = None
    void_night: int | None = None


@dataclass(slots=True)
class Cover:
    """How the member is covered. `gap` is (first uncovered day, uncovered days)."""

    start: date = FIRST_SERVICE
    end: date | None = None
    death: date | None = None
    gap: tuple[date, int] | None = None
    absent: bool = False
    arrival_night: int | None = None
    end_night: int | None = None

    def holds(self, day: date) -> bool:
        """Whether the member was alive and covered on that day, as it really was."""
        if day < self.start or (self.end is not None and day > self.end):
            return False
        if self.death is not None and day > self.death:
            return False
        return self.gap is None or not self.gap[0] <= day < add_days(self.gap[0], self.gap[1])


@dataclass(slots=True)
class Case:
    """A consultation with everything around it. `delivered` None means it never was."""

    ordinal: int
    consultation_id: str
    person: Person
    family: Family
    side: str
    requested: date
    recommended: date
    delivered: date | None
    status: str
    position: str
    proposed: bool = True
    second: tuple[str, str, str] | None = None
    added: str = ""
    kind: str = "same"
    cross_system: bool = False
    operations: list[Operation] = field(default_factory=list)
    cover: Cover = field(default_factory=Cover)
    biopsy: date | None = None
    delivery_night: int | None = None
    final_night: int | None = None
    revised: tuple[int, str] | None = None
    intent: str = ""
    miscoded: str = ""
    fee: int | None = None

    def propose(self, family_id: str, position: str, delivered: date, side: str = "") -> None:
        """Rewrite the case as a plain one: this family, opinion on that day, nothing done yet."""
        self.family = BY_ID[family_id]
        self.side = (side or "left") if self.family.sided else ""
        self.position, self.proposed, self.second, self.added = position, True, None, ""
        self.status, self.delivered = "delivered", delivered
        self.requested = add_days(delivered, -14)
        self.recommended = max(FIRST_SERVICE, add_days(delivered, -40))
        self.operations, self.cover, self.biopsy = [], Cover(), None

    @property
    def t0(self) -> date:
        """Day of the opinion, or the day it was expected."""
        return self.delivered or add_days(self.requested, 14)

    @property
    def window_end(self) -> date:
        """Last day of the case's window."""
        extra = 6 if self.position == "defer" else 0
        return add_months(self.t0, self.family.window_months + extra)

    def operate(self, day: date, side: str | None = None, **how: object) -> Operation:
        """Let the proposed operation take place."""
        operation = Operation(self.family.family_id, self.side if side is None else side, day)
        for name, value in how.items():
            setattr(operation, name, value)
        self.operations.append(operation)
        return operation


def draw(
    person: Person, ordinal: int, calendar: Calendar, rates: Rates, rng: np.random.Generator
) -> Case:
    """A case by the rates."""
    delivered = _opinion_day(calendar, rng)
    family = FAMILIES[person.number % len(FAMILIES)]
    case = Case(
        ordinal=ordinal,
        consultation_id=f"{person.member_id[:2]}-C{ordinal + 1:06d}",
        person=person,
        family=family,
        side=_side(family, rates, rng),
        requested=add_days(delivered, -int(rng.integers(5, 30))),
        recommended=max(FIRST_SERVICE, add_days(delivered, -int(rng.integers(31, 90)))),
        delivered=delivered,
        status="delivered",
        position=pick(rates.positions, rng),
        proposed=bool(rng.random() >= rates.without_proposal),
        kind=pick(DIAGNOSIS_KINDS, rng),
        cross_system=bool(rng.random() < 0.05),
    )
    _draw_extras(case, rates, rng)
    _draw_cover(case, calendar, rates, rng)
    _draw_operations(case, rates, rng)
    settle(case, calendar)
    return case


def settle(case: Case, calendar: Calendar) -> None:
    """Drop what cannot have happened: operations in the future or outside coverage."""
    case.operations = [
        operation
        for operation in case.operations
        if operation.day <= add_days(calendar.first, -3)
        and (case.cover.holds(operation.day) and not case.cover.absent)
    ]


def pick(choices: tuple[tuple[str, float], ...], rng: np.random.Generator) -> str:
    """One name by its weight."""
    names, weights = zip(*choices, strict=True)
    share = np.cumsum(weights) / sum(weights)
    return str(names[int(np.searchsorted(share, rng.random(), side="right"))])


def _opinion_day(calendar: Calendar, rng: np.random.Generator) -> date:
    """Opinions from October 2022; the early quarters are crowded so that some can close."""
    first, middle, late = date(2022, 10, 1), date(2023, 7, 1), date(2024, 7, 1)
    last = add_days(calendar.first, -3)
    bounds = ((first, middle), (middle, late), (late, last))
    start, end = bounds[int(rng.choice(3, p=(0.34, 0.26, 0.40)))]
    return date.fromordinal(int(rng.integers(start.toordinal(), end.toordinal() + 1)))


def _side(family: Family, rates: Rates, rng: np.random.Generator) -> str:
    if not family.sided:
        return ""
    draw_ = rng.random()
    if draw_ < rates.missing_side:
        return "" if draw_ < rates.missing_side / 2 else "bilateral"
    return SIDES[int(rng.integers(0, 2))]


def _draw_extras(case: Case, rates: Rates, rng: np.random.Generator) -> None:
    if rng.random() < rates.never_delivered:
        case.status = "requested" if rng.random() < 0.5 else "cancelled"
        case.delivered = None
    if case.proposed and rng.random() < rates.second_proposal:
        case.second = _second(case, pick(rates.positions, rng))
    if rng.random() < rates.added_care:
        names = ("lumbar_decompression", "cholecystectomy")
        case.added = names[int(case.family.family_id == names[0])]


def _second(case: Case, position: str) -> tuple[str, str, str]:
    partners = {"lumbar_fusion": "lumbar_decompression", "lumbar_decompression": "lumbar_fusion"}
    if case.family.sided:
        return case.family.family_id, opposite(case.side), position
    return partners.get(case.family.family_id, "cholecystectomy"), "", position


def opposite(side: str) -> str:
    """The other side; an unknown side stays right."""
    return "left" if side == "right" else "right"


def _draw_cover(case: Case, calendar: Calendar, rates: Rates, rng: np.random.Generator) -> None:
    after = add_days(case.t0, int(rng.integers(20, 700)))
    event = rng.random()
    known = after <= add_days(calendar.first, -60)
    thresholds = np.cumsum(
        (rates.case_death, rates.case_leaves, rates.case_gap, rates.case_absent, 0.02)
    )
    which = int(np.searchsorted(thresholds, event, side="right"))
    if which == 0 and known:
        case.cover = Cover(end=after, death=after)
    elif which == 1 and known:
        case.cover = Cover(end=after)
    elif which == 2 and known:
        case.cover = Cover(gap=(after, int(rng.integers(10, 80))))
    elif which == 3:
        case.cover = Cover(absent=True)
    elif which == 4:
        case.cover = Cover(start=add_days(case.t0, int(rng.integers(10, 100))))


def _draw_operations(case: Case, rates: Rates, rng: np.random.Generator) -> None:
    if case.added and rng.random() < 0.7:
        case.operations.append(
            Operation(case.added, "", add_days(case.t0, int(rng.integers(20, 200))))
        )
    if not case.proposed:
        return
    if rng.random() < rates.performed_before:
        span = (case.t0 - case.recommended).days
        case.operate(add_days(case.recommended, int(rng.integers(0, span))))
        return
    if rng.random() < rates.performed[case.position]:
        _inside_window(case, rng)
    elif rng.random() < rates.late_conversion:
        case.operate(add_days(case.window_end, int(rng.integers(3, 240))))
    if case.second is not None and rng.random() < rates.performed[case.second[2]] / 2:
        family_id, side, _ = case.second
        day = add_days(case.t0, int(rng.integers(40, 320)))
        case.operations.append(Operation(family_id, side, day))
    if case.side in SIDES and rng.random() < rates.contralateral:
        case.operate(add_days(case.t0, int(rng.integers(60, 500))), opposite(case.side))


def _inside_window(case: Case, rng: np.random.Generator) -> None:
    days = (case.window_end - case.t0).days
    first = 15 + (100 if case.position == "defer" else 0)
    day = first + int((days - first) * rng.beta(1.1, 2.6))
    form = rng.random()
    case.operate(
        add_days(case.t0, day),
        facility=bool(form >= 0.08),
        professional=bool(form < 0.9),
        dated=bool(rng.random() < 0.9),
        denial=_operation_denial(rng),
    )


def _operation_denial(rng: np.random.Generator) -> str:
    share = rng.random()
    if share < 0.05:
        return "AUTH" if share < 0.03 else "MEDNEC"
    return "ELIG" if share < 0.06 else ""
