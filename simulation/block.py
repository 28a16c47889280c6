"""One block of members from people to scheduled records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from simulation import stories
from simulation.calendars import add_days, add_months
from simulation.cases import Case, Cover, Operation, draw
from simulation.claims import (
    Desk,
    biopsy_claim,
    condition_claims,
    operation_claims,
    ordinary_claims,
)
from simulation.enrolment import ordinary_cover, spans
from simulation.events import Records
from simulation.opinions import write_up
from simulation.parameters import Calendar, Rates
from simulation.people import Person, people
from simulation.profiles import Profile
from simulation.schedule import schedule
from simulation.versions import grow_versions, operation_versions

_SETTLED_MONTHS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands in the world."""

    seed: int
    payor_number: int
    number: int
    first_member: int
    members: int
    first_case: int


@dataclass(slots=True)
class Block:
    """A finished block; `cases` counts those drawn for members (their numbers run on)."""

    people: dict[str, Person]
    records: Records
    cases: int


def build(place: Place, profile: Profile, calendar: Calendar, rates: Rates) -> Block:
    """Everything that happens to the block's members, with the night of every record."""
    streams = [
        np.random.default_rng((place.seed, place.payor_number, place.number, purpose))
        for purpose in range(4)
    ]
    members = people(profile, rates, place.first_member, place.members, streams[0])
    desk = Desk(profile, rates, calendar, place.number, streams[1])
    records = Records()
    case_number = place.first_case
    for person in members:
        if person.role == "case":
            _live_case(person, case_number, desk, records, streams[2])
            case_number += 1
        else:
            _live_plain(person, desk, records, streams[3])
    schedule(records, calendar)
    return Block({p.member_id: p for p in members}, records, case_number - place.first_case)


def _live_case(
    person: Person, number: int, desk: Desk, records: Records, rng: np.random.Generator
) -> None:
    case = draw(person, number, desk.calendar, desk.rates, rng)
    stories.tell(case, desk.calendar)
    write_up(case, desk.profile, desk.calendar, records, rng)
    records.spans += spans(person, case.cover, desk.calendar, rng)
    if rng.random() < desk.rates.second_opinion_again:
        _ask_again(case, desk, records, rng)
    if case.cover.absent:
        return
    for operation in case.operations:
        for claim in operation_claims(desk, person.member_id, operation):
            records.claims += operation_versions(desk, claim, operation)
    if case.biopsy is not None:
        records.claims.append(biopsy_claim(desk, case, case.biopsy))
    _care(person, case.family.family_id, case.side, case.cover, case.recommended, desk, records)


def _ask_again(case: Case, desk: Desk, records: Records, rng: np.random.Generator) -> None:
    """The same question once more, some months later."""
    later = add_days(case.t0, int(rng.integers(60, 300)))
    plain = case.cover == Cover()
    if case.delivered is None or not plain or later > add_days(desk.calendar.first, -3):
        return
    again = replace(
        case,
        consultation_id=case.consultation_id + "R",
        requested=add_days(later, -14),
        recommended=add_days(later, -30),
        delivered=later,
        delivery_night=None,
        final_night=None,
        revised=None,
    )
    write_up(again, desk.profile, desk.calendar, records, rng)


def _live_plain(person: Person, desk: Desk, records: Records, rng: np.random.Generator) -> None:
    cover = ordinary_cover(person, desk.calendar, rng)
    records.spans += spans(person, cover, desk.calendar, rng)
    if person.role == "background":
        _visits(person, cover, desk, records)
        return
    onset = _onset(person, desk.calendar, rng)
    side = ("left", "right")[int(rng.integers(0, 2))] if person.family.sided else ""
    if person.operated:
        share = float(rng.beta(1.2, 3.0))
        day = add_days(onset, 20 + int(person.family.window_months * 28 * share))
        _operate(person, side, day, cover, desk, records)
    _care(person, person.family.family_id, side, cover, onset, desk, records)


def _onset(person: Person, calendar: Calendar, rng: np.random.Generator) -> date:
    """First visit, early enough for the whole episode to be seen."""
    first = date(2022, 9, 1)
    last = add_months(calendar.first, -(person.family.window_months + _SETTLED_MONTHS))
    return add_days(first, int(rng.integers(0, (last - first).days)))


def _operate(
    person: Person, side: str, day: date, cover: Cover, desk: Desk, records: Records
) -> None:
    if not cover.holds(day):
        return
    operation = Operation(person.family.family_id, side, day)
    for claim in operation_claims(desk, person.member_id, operation):
        records.claims.append(claim)


def _care(
    person: Person,
    family_id: str,
    side: str,
    cover: Cover,
    begin: date,
    desk: Desk,
    records: Records,
) -> None:
    for claim in condition_claims(desk, person, family_id, side, cover, begin):
        records.claims += grow_versions(desk, claim)
    _visits(person, cover, desk, records)


def _visits(person: Person, cover: Cover, desk: Desk, records: Records) -> None:
    for claim in ordinary_claims(desk, person, cover):
        records.claims += grow_versions(desk, claim)
