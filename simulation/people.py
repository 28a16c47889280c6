"""Members of one block: who they are and which part they play."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from simulation.families import FAMILIES, Family
from simulation.parameters import FIRST_NIGHT, Rates
from simulation.profiles import Profile


@dataclass(frozen=True, slots=True)
class Person:
    """One member. `role` is background, comparator or case; the family belongs to the role."""

    number: int
    member_id: str
    birth: date
    sex: str
    group: str
    line_of_business: str
    plan: str
    role: str
    family: Family
    operated: bool


def people(
    profile: Profile, rates: Rates, first: int, count: int, rng: np.random.Generator
) -> list[Person]:
    """Members first .. first+count-1; roles are quotas of the block, places are drawn."""
    roles = _roles(count, rates, rng)
    ages = np.clip(rng.normal(46, 17, count), 1, 92)
    bone_ages = np.clip(rng.normal(61, 10, count), 24, 90)
    sexes = rng.random(count) < 0.51
    groups = rng.choice(len(_GROUP_WEIGHTS), size=count, p=_GROUP_WEIGHTS)
    plans = rng.integers(0, len(profile.plans), count)
    members = []
    for n in range(count):
        role, family, operated = roles[n]
        age = float(ages[n] if role == "background" else bone_ages[n])
        if family.female_only and role != "background":
            age -= 14
        female = bool(sexes[n]) or (family.female_only and role != "background")
        lob_index = int(groups[n]) % len(profile.lines_of_business)
        members.append(
            Person(
                number=first + n,
                member_id=f"{profile.prefix}{first + n + 1:07d}",
                birth=date.fromordinal(FIRST_NIGHT.toordinal() - int(age * 365.25) - 200),
                sex="female" if female else "male",
                group=f"{profile.prefix}-G{int(groups[n]) + 1:02d}",
                line_of_business=profile.lines_of_business[lob_index],
                plan=profile.plans[int(plans[n])],
                role=role,
                family=family,
                operated=operated,
            )
        )
    return members


_RAW_WEIGHTS = np.array([30.0, 18, 12, 9, 7, 6, 5, 4, 3, 3, 2, 1])
_GROUP_WEIGHTS = _RAW_WEIGHTS / _RAW_WEIGHTS.sum()


def _roles(count: int, rates: Rates, rng: np.random.Generator) -> list[tuple[str, Family, bool]]:
    cases = round(count * rates.case_share)
    comparators = round(count * rates.comparator_share)
    order = rng.permutation(count)
    roles: list[tuple[str, Family, bool]] = [("background", FAMILIES[0], False)] * count
    for place, member in enumerate(order[: cases + comparators]):
        family = FAMILIES[place % len(FAMILIES)]
        if place < cases:
            roles[member] = ("case", family, False)
        else:
            turn = (place - cases) // len(FAMILIES)
            operated = (turn * rates.comparator_operated) % 1 + rates.comparator_operated >= 1
            roles[member] = ("comparator", family, operated)
    return roles
