"""The members whose rare situations are told on purpose, from people to scheduled records."""

from __future__ import annotations

import numpy as np

from simulation import stories
from simulation.cases import Case, draw
from simulation.claims import (
    Desk,
    biopsy_claim,
    condition_claims,
    operation_claims,
    ordinary_claims,
)
from simulation.enrolment import spans
from simulation.events import Records
from simulation.opinions import write_up
from simulation.parameters import Calendar, Rates
from simulation.people import Person, story_people
from simulation.profiles import Profile
from simulation.schedule import schedule
from simulation.versions import grow_versions, operation_versions

MEMBERS_PER_STORY = 12
DESK_BLOCK = 99_999


def stories_told(members: int) -> int:
    """How many stories a payor of that size tells: small worlds tell the first of them only."""
    return min(len(stories.STORIES), members // MEMBERS_PER_STORY)


def build_stories(
    profile: Profile, calendar: Calendar, seed: int, payor_number: int, count: int
) -> tuple[Records, dict[str, Person]]:
    """Records of the first `count` stories; their members have the first numbers."""
    streams = [np.random.default_rng((seed, payor_number, DESK_BLOCK, n)) for n in range(3)]
    rates = Rates()
    members = story_people(profile, count, streams[0])
    desk = Desk(profile, rates, calendar, DESK_BLOCK, streams[1])
    records = Records()
    for place, person in enumerate(members):
        _live(person, place * stories.SPACING, desk, records, streams[2])
    schedule(records, calendar)
    return records, {person.member_id: person for person in members}


def _live(
    person: Person, ordinal: int, desk: Desk, records: Records, rng: np.random.Generator
) -> None:
    case = draw(person, ordinal, desk.calendar, desk.rates, rng)
    stories.tell(case, desk.calendar)
    write_up(case, desk.profile, desk.calendar, records, rng)
    records.spans += spans(person, case.cover, desk.calendar, rng)
    if case.cover.absent:
        return
    for operation in case.operations:
        for claim in operation_claims(desk, person.member_id, operation):
            records.claims += operation_versions(desk, claim, operation)
    if case.biopsy is not None:
        records.claims.append(biopsy_claim(desk, case, case.biopsy))
    _care(case, desk, records)


def _care(case: Case, desk: Desk, records: Records) -> None:
    person = case.person
    claims = condition_claims(
        desk, person, case.family.family_id, case.side, case.cover, case.recommended
    )
    for claim in [*claims, *ordinary_claims(desk, person, case.cover)]:
        records.claims += grow_versions(desk, claim)
