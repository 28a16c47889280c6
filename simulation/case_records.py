"""Consultations of a block: each user's case as the vendor writes it up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.cases import Case, Cover, opposite, pick
from simulation.claim_operations import induced_family
from simulation.families import BY_ID
from simulation.history import History
from simulation.office import SIDES
from simulation.people import Person
from simulation.timeline import NEVER, calendar_day, month_start

_CONFIRMED = (("same", 0.88), ("less_specific", 0.08), ("other_side", 0.04))
_REFINED = (
    ("more_specific", 0.3), ("sibling", 0.3), ("symptom_to_disease", 0.25), ("rank_swap", 0.15),
)  # fmt: skip
_CHANGED = (("other_disease", 0.65), ("disease_to_symptom", 0.35))
_UNDETERMINED = (
    ("missing_final", 0.4), ("unknown_code", 0.2), ("both_symptoms", 0.2), ("insufficient", 0.2),
)  # fmt: skip
KINDS = {
    "confirmed": _CONFIRMED,
    "refined": _REFINED,
    "changed": _CHANGED,
    "undetermined": _UNDETERMINED,
}
CLINICAL = {kind: name for name, kinds in KINDS.items() for kind, _ in kinds}
_CROSS_SYSTEM = 0.05
_MISCODED = ("other", "symptom", "sibling")
_PARTNERS = {"lumbar_fusion": "lumbar_decompression", "lumbar_decompression": "lumbar_fusion"}


def consulted(history: History, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of `triggers` that ask for an opinion: users, and those who cancel (`cancels`)."""
    triggers = history.triggers
    users = triggers["user"].to_numpy()
    pool = triggers["has_access"].to_numpy() & ~users & triggers["unoperated"].to_numpy()
    share = history.world.billed_cancelled / (1 - history.world.billed_cancelled)
    rate = share * users.sum() / max(int(pool.sum()), 1)
    cancels = pool & (rng.random(len(triggers)) < rate)
    chosen = triggers[users | cancels].copy()
    chosen["cancels"] = cancels[users | cancels]
    return chosen


def questions(history: History, rng: np.random.Generator) -> pd.DataFrame:
    """Members without a trigger who ask about a diagnosis only, with `day` of the opinion."""
    persons = history.persons
    users = int(history.triggers["user"].sum())
    launch = persons["launch_month"].to_numpy()
    pool = (persons["trigger_month"] == NEVER).to_numpy() & persons["access"].to_numpy()
    chance = history.world.questions * users / max(int(pool.sum()), 1)
    chosen = pool & (rng.random(len(persons)) < chance)
    first = np.maximum(month_start(np.maximum(launch, 0)), persons["start_day"].to_numpy()) + 20
    end = persons["end_day"].to_numpy()
    last = np.where(end == NEVER, month_start(history.world.months) - 1, end)
    day = first + np.floor(rng.random(len(persons)) * np.maximum(last - first, 1)).astype(int)
    out = persons.assign(day=day)
    return out[chosen & (last > first)]


def question(history: History, row: Any, person: Person, rng: np.random.Generator) -> Case:
    """The case of a member who asks about a diagnosis."""
    day = calendar_day(row.day)
    return Case(
        ordinal=int(row.person),
        consultation_id=case_id(person),
        person=person,
        family=BY_ID[row.family],
        side="",
        requested=calendar_day(row.day - int(rng.integers(2, 20))),
        recommended=calendar_day(row.day - 20),
        delivered=day,
        status="delivered",
        position="none",
        proposed=False,
        kind=_kind(history.world, rng),
        cross_system=bool(rng.random() < _CROSS_SYSTEM),
        cover=Cover(),
        fee=round(history.world.case_fee * history.unit),
    )


def draft(
    history: History,
    row: Any,
    trigger: int,
    person: Person,
    side: int,
    added: bool,
    rng: np.random.Generator,
) -> Case:
    """The case of one trigger."""
    world = history.world
    family = BY_ID[row.family]
    t0 = calendar_day(row.t0_day)
    recommended = calendar_day(row.trigger_day)
    asked = int(rng.integers(2, max(3, min(30, row.delay_days))))
    case = Case(
        ordinal=int(row.person),
        consultation_id=case_id(person),
        person=person,
        family=family,
        side=SIDES[side],
        requested=calendar_day(row.t0_day - asked),
        recommended=recommended,
        delivered=None if row.cancels else t0,
        status="cancelled" if row.cancels else "delivered",
        position=row.position,
        kind=_kind(world, rng),
        cross_system=bool(rng.random() < _CROSS_SYSTEM),
        cover=Cover(),
        intent=row.intent,
        fee=int(row.fee),
    )
    if rng.random() < world.miscoded and CLINICAL[case.kind] in ("confirmed", "refined"):
        case.miscoded = _MISCODED[int(rng.integers(0, len(_MISCODED)))]
    if rng.random() < world.two_proposals:
        case.second = _second(case)
    if added:
        case.added = induced_family(row.family)
    return case


def case_id(person: Person) -> str:
    """Consultation id of a member's first case."""
    prefix = person.member_id.rstrip("0123456789X")
    return f"{prefix}-C{person.number + 1:07d}"


def _kind(world: BaseWorld, rng: np.random.Generator) -> str:
    changed, refined = world.diagnosis_changed, world.diagnosis_refined
    undetermined = world.diagnosis_undetermined
    name = pick(
        (
            ("changed", changed),
            ("refined", refined),
            ("undetermined", undetermined),
            ("confirmed", 1 - changed - refined - undetermined),
        ),
        rng,
    )
    return pick(KINDS[name], rng)


def _second(case: Case) -> tuple[str, str, str]:
    if case.family.sided:
        return case.family.family_id, opposite(case.side), case.position
    return _PARTNERS.get(case.family.family_id, "lumbar_decompression"), "", case.position


def trigger_sides(history: History, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Side (number in SIDES) of every trigger's operation; 0 for families without sides."""
    sided = history.triggers["family"].map(lambda f: BY_ID[f].sided).to_numpy(dtype=bool)
    drawn = rng.integers(1, 3, len(sided))
    return np.where(sided, drawn, 0)
