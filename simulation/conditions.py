"""The two opinions' diagnoses of a case: concepts first, then codes."""

from __future__ import annotations

from datetime import date

import numpy as np

from simulation.calendars import add_days
from simulation.cases import Case, opposite
from simulation.diagnoses import BY_NAME, CONDITIONS, UNKNOWN_CODE, code, dotless
from simulation.events import Diagnosis
from simulation.parameters import FIRST_SERVICE
from simulation.profiles import Profile

# kind -> (initial primary, initial secondary, final primary), as fields of the condition
_PLAN: dict[str, tuple[str, str, str]] = {
    "same": ("main", "", "main"),
    "less_specific": ("precise", "", "vague"),
    "more_specific": ("vague", "", "precise"),
    "other_side": ("main", "", "main"),
    "sibling": ("main", "", "sibling"),
    "symptom_to_disease": ("symptom", "", "main"),
    "rank_swap": ("main", "other", "other"),
    "other_disease": ("main", "", "other"),
    "disease_to_symptom": ("main", "", "symptom"),
    "missing_final": ("main", "", ""),
    "unknown_code": ("main", "", "unknown"),
    "both_symptoms": ("symptom", "", "symptom"),
    "insufficient": ("main", "", "main"),
}


def opinions(
    case: Case, profile: Profile, rng: np.random.Generator
) -> tuple[list[Diagnosis], list[Diagnosis]]:
    """Initial and final diagnoses; the final list is empty when the reviewer gave none."""
    first, secondary, last = _PLAN[case.kind]
    last = case.miscoded or last
    home = profile.diagnosis_system
    seen_on = max(FIRST_SERVICE, add_days(case.recommended, -3))
    initial = [_row(case, "initial", 1, first, home, seen_on, rng)]
    if secondary:
        initial.append(_row(case, "initial", 2, secondary, home, seen_on, rng))
    if not last:
        return initial, []
    system = home if secondary else _reviewer_system(case, last, profile)
    final = [_row(case, "final", 1, last, system, case.t0, rng)]
    if secondary:
        final.append(_row(case, "final", 2, first, system, case.t0, rng))
    return initial, final


def _reviewer_system(case: Case, place: str, profile: Profile) -> str:
    """A reviewer abroad writes another variant, where it has a code for the finding."""
    home = profile.diagnosis_system
    if not case.cross_system or place == "unknown":
        return home
    away = profile.reviewer_systems[case.ordinal % len(profile.reviewer_systems)]
    concept = getattr(CONDITIONS[case.family.family_id], place)
    return away if BY_NAME[concept].template(away) else home


def related_code(case_family: str, side: str, profile: Profile, vague: bool) -> str:
    """Dotless code that claims of the condition carry."""
    condition = CONDITIONS[case_family]
    concept = condition.symptom if vague else condition.main
    return dotless(code(concept, profile.diagnosis_system, side))


def _row(
    case: Case,
    opinion: str,
    rank: int,
    place: str,
    system: str,
    day: date,
    rng: np.random.Generator,
) -> Diagnosis:
    side = case.side or "right"
    if case.kind == "other_side" and opinion == "final":
        side = opposite(side)
    written = UNKNOWN_CODE
    if place != "unknown":
        written = code(getattr(CONDITIONS[case.family.family_id], place), system, side)
    style = rng.random()
    if style < 0.05:
        written = dotless(written) if style < 0.03 else written.lower()
    source = "reviewer" if opinion == "final" else "record"
    return Diagnosis(opinion, rank, written, system, day, source)
