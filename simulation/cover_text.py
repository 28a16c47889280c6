"""Coverage pieces as lines of the payor's files, and as records for the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.claim_versions import NO_NIGHT
from simulation.events import Span
from simulation.fragments import HISTORY_PARTS, Sorter, csv_text
from simulation.frames import each
from simulation.history import History
from simulation.layouts import eligibility_row
from simulation.parameters import FIRST_SERVICE
from simulation.people import Person, group_id, line_of_business, member_id
from simulation.profiles import Profile
from simulation.timeline import NEVER, calendar_day

FEED = "eligibility"


def people_of(history: History, profile: Profile) -> list[Person]:
    """Members of the block as persons."""
    columns = [history.persons[name].tolist() for name in ("person", "age", "female", "employer")]
    return [
        Person(
            number=number,
            member_id=member_id(profile, number),
            birth=_birth(age, number),
            sex="female" if female else "male",
            group=group_id(profile, employer),
            line_of_business=line_of_business(profile, employer),
            plan=profile.plans[number % len(profile.plans)],
        )
        for number, age, female, employer in zip(*columns, strict=True)
    ]


def _birth(age: float, number: int) -> date:
    return FIRST_SERVICE - timedelta(days=int(age * 365.25) + number % 28)


def send_cover(sorter: Sorter, cover: pd.DataFrame, people: list[Person], profile: Profile) -> None:
    """Sort the rows of all pieces into places."""
    rows: dict[tuple[int, str, int], list[list[str]]] = {}
    for one in each(cover):
        person = people[one.member]
        for span in _spans(one, person):
            assert span.night is not None
            parts = HISTORY_PARTS[FEED] if span.night == 0 else 1
            place = (span.night, FEED, (person.number + span.sequence) % parts)
            rows.setdefault(place, []).append(eligibility_row(span, person, profile))
    for place in sorted(rows):
        sorter.add(place, csv_text(FEED, rows[place], profile), len(rows[place]))


def cover_records(
    cover: pd.DataFrame, members: npt.NDArray[np.bool_], people: list[Person]
) -> list[Span]:
    """Rows of the chosen members, as the oracle reads them."""
    chosen = cover[members[cover["member"].to_numpy()]]
    return [span for one in each(chosen) for span in _spans(one, people[one.member])]


def _spans(one: Any, person: Person) -> Iterator[Span]:
    """The open row, and the row with the end; only those that some night delivers."""
    text = person.member_id + ("X" if one.renamed else "")
    plan = person.plan + (" 2024" if one.plan else "")
    start = calendar_day(one.start)
    if one.night == NO_NIGHT:
        return
    night = int(one.night)
    yield Span(text, start, None, plan, 1, start, night=night, taken=night)
    if one.end == NEVER or one.end_night == NO_NIGHT:
        return
    end = calendar_day(one.end)
    death = None if one.death == NEVER else calendar_day(one.death)
    later = int(one.end_night)
    yield Span(text, start, end, plan, 2, end, death=death, night=later, taken=later)
