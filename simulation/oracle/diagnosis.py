"""Class of a diagnosis change from the primary diagnoses of both opinions."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.diagnoses import CodeFacts, code_table, dotless
from simulation.events import Diagnosis, DiagnosisSet

CLASSES = ("confirmed", "refined", "changed", "undetermined")
_TABLE = code_table()


def latest_rows(versions: Iterable[DiagnosisSet], opinion: str) -> list[Diagnosis]:
    """Rows of the opinion's latest set, by rank."""
    sets = [dset for dset in versions if dset.opinion == opinion]
    last = max(sets, key=lambda dset: dset.sequence, default=None)
    return sorted(last.rows, key=lambda row: row.rank) if last is not None else []


def classify(initial: list[Diagnosis], final: list[Diagnosis], insufficient: bool) -> str:
    """confirmed, refined, changed or undetermined; primaries decide."""
    before, after = _primary(initial), _primary(final)
    if before is None or after is None or insufficient:
        return "undetermined"
    old, new = _facts(before), _facts(after)
    if old is None or new is None or (old.is_symptom and new.is_symptom):
        return "undetermined"
    if before.system != after.system:
        return "confirmed" if old.category == new.category else _apart(old, new)
    return _same_system(initial, before, after, old, new)


def _same_system(
    initial: list[Diagnosis],
    before: Diagnosis,
    after: Diagnosis,
    old: CodeFacts,
    new: CodeFacts,
) -> str:
    first, last = dotless(before.code), dotless(after.code)
    if first != last and last in {dotless(row.code) for row in initial if row.rank > 1}:
        return "refined"
    if first == last or old.concept == new.concept:
        return "confirmed"
    if old.category == new.category:
        return _within_category(old, new)
    if old.kin and old.kin == new.kin:
        return "refined"  # another disease, but of the same clinical group and site
    return _apart(old, new)


def _within_category(old: CodeFacts, new: CodeFacts) -> str:
    if new.is_unspecified and not old.is_unspecified:
        return "confirmed"  # less specific, flagged elsewhere
    if new.is_symptom and not old.is_symptom:
        return "changed"
    return "refined"


def _apart(old: CodeFacts, new: CodeFacts) -> str:
    return "refined" if old.is_symptom and not new.is_symptom else "changed"


def _primary(rows: list[Diagnosis]) -> Diagnosis | None:
    return next((row for row in rows if row.rank == 1), None)


def _facts(row: Diagnosis) -> CodeFacts | None:
    return _TABLE.get((row.system, dotless(row.code)))
