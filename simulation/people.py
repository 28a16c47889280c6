"""Members as the per-person parts of the world see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from simulation.families import FAMILIES
from simulation.parameters import FIRST_NIGHT
from simulation.profiles import Profile

STORY_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Person:
    """One member."""

    number: int
    member_id: str
    birth: date
    sex: str
    group: str
    line_of_business: str
    plan: str


def member_id(profile: Profile, number: int) -> str:
    """Member id of the member with that number."""
    return f"{profile.prefix}{number + 1:07d}"


def group_id(profile: Profile, employer: int) -> str:
    """Id of an employer."""
    return f"{profile.prefix}-G{employer + 1:02d}"


def line_of_business(profile: Profile, employer: int) -> str:
    """An employer's line of business."""
    return profile.lines_of_business[employer % len(profile.lines_of_business)]


def story_people(profile: Profile, count: int, rng: np.random.Generator) -> list[Person]:
    """The members of stories 0 .. count-1."""
    ages = np.clip(rng.normal(58, 9, count), 30, 85)
    groups = rng.integers(0, STORY_GROUPS, count)
    return [
        Person(
            number=n,
            member_id=member_id(profile, n),
            birth=date.fromordinal(FIRST_NIGHT.toordinal() - int(ages[n] * 365.25) - 200),
            sex="female" if n % 2 or FAMILIES[n % len(FAMILIES)].female_only else "male",
            group=group_id(profile, int(groups[n])),
            line_of_business=line_of_business(profile, int(groups[n])),
            plan=profile.plans[n % len(profile.plans)],
        )
        for n in range(count)
    ]
