"""The models tell the relation of two diagnoses exactly as the plain-Python reference does."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.dbt.relation import DAY, Case, compare
from tests.spec.diagnosis_reference import Diagnosis
from warehouse.connection import connect

pytestmark = pytest.mark.warehouse
CM, GM, WHO = "icd-10-cm", "icd-10-gm", "icd-10-who"


def test_the_shipped_codes_against_each_other(settings: Settings, empty_warehouse: Path) -> None:
    """Every code of one variant with a few hundred others, across variants, with ranks and days."""
    with connect(settings) as conn:
        codes = conn.execute(
            "select distinct code_system, code from reference.diagnosis_code order by 1, 2"
        ).fetchall()
    cases = generated(codes, 3000, seed=5)
    assert compare(settings, cases) == {}


def generated(codes: list[tuple[str, str]], count: int, seed: int) -> list[Case]:
    """Pairs of codes: mostly near ones, some with secondary diagnoses, odd days or odd codes."""
    rng = random.Random(seed)
    families: dict[str, list[tuple[str, str]]] = {}
    for system, code in codes:
        families.setdefault(code[:3], []).append((system, code))
    return [
        Case(f"case-{n}", *_opinions(rng, codes, families), rng.random() < 0.01)
        for n in range(count)
    ]


def _opinions(
    rng: random.Random,
    codes: list[tuple[str, str]],
    families: dict[str, list[tuple[str, str]]],
) -> tuple[tuple[Diagnosis, ...], tuple[Diagnosis, ...]]:
    first = rng.choice(codes)
    near = families[first[1][:3]]
    last = rng.choice(near if rng.random() < 0.5 else codes)
    behind = [rng.choice([last, rng.choice(codes)]) for _ in range(rng.choice((0, 0, 1, 2)))]
    added = [rng.choice([first, rng.choice(codes)]) for _ in range(rng.choice((0, 0, 1)))]
    initial = [_written(rng, *code) for code in (first, *behind)]
    final = [_written(rng, *code) for code in (last, *added)]
    if rng.random() < 0.01:
        final = []
    return tuple(initial), tuple(final)


def _written(rng: random.Random, system: str, code: str) -> Diagnosis:
    odd = rng.random()
    if odd < 0.01:
        code = "Q0099"
    elif odd < 0.03 and system == GM:
        code += rng.choice(("R", "LG", "G", "V"))
    day = DAY if rng.random() < 0.9 else date(rng.randint(2014, 2025), rng.randint(1, 12), 15)
    return Diagnosis(system, code, day)
