"""The models tell the relation of two diagnoses exactly as the plain-Python reference does.

The whole ICD-10-CM of the public samples is loaded beside the shipped lists, into an installation
of its own: no other test sees it. SOAK=1 compares 100,000 pairs.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.settings import ROOT, Settings
from tests.dbt.conftest import build_empty
from tests.dbt.relation import DAY, Case, answers, build, compare, expectation, facts, fill
from tests.ingestion.samples import HAS_SAMPLES
from tests.spec import codebooks
from tests.spec.diagnosis_reference import Diagnosis
from warehouse import migrate, server
from warehouse.connection import connect

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not HAS_SAMPLES, reason="no sample files here"),
]
CM, GM, WHO, NINE = "icd-10-cm", "icd-10-gm", "icd-10-who", "icd-9-cm"
PAIRS = 100_000 if os.environ.get("SOAK") == "1" else 3_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation with the whole American lists."""
    folder = tmp_path_factory.mktemp("whole")
    before = os.environ.get("SECOND_OPINION_HOME")
    found = Settings(root=ROOT, home=folder / "home")
    os.environ["SECOND_OPINION_HOME"] = str(found.home)
    try:
        migrate.init(found)
        codebooks.load_all(found, folder)
        build_empty(found, folder, "+int_diagnosis_relation")
        yield found
    finally:
        server.destroy(found)
        os.environ.pop("SECOND_OPINION_HOME")
        if before is not None:
            os.environ["SECOND_OPINION_HOME"] = before


@pytest.fixture(scope="module")
def codes(whole: Settings) -> list[tuple[str, str]]:
    with connect(whole) as conn:
        return conn.execute(
            "select distinct code_system, code from reference.diagnosis_code"
            " union select distinct from_system, from_code from reference.crosswalk order by 1, 2"
        ).fetchall()


def test_generated_pairs_agree(whole: Settings, codes: list[tuple[str, str]]) -> None:
    """Near and far pairs, across variants and revisions, with ranks, letters and odd days."""
    assert len(codes) > 80_000
    cases = generated(codes, PAIRS, seed=5)
    assert compare(whole, cases) == {}


def test_generated_pairs_reach_every_relation(
    whole: Settings, codes: list[tuple[str, str]]
) -> None:
    """What agrees is not the same answer three thousand times."""
    cases = generated(codes, 3_000, seed=5)
    with connect(whole) as conn:
        tables = facts(conn)
    seen = Counter(expectation(case, tables).relation for case in cases)
    assert {"D0", "D1", "D2+", "D2-", "D3", "D4", "D5", "D6", "D7", "D8", "none"} <= seen.keys()
    assert {"flip", "rank_swap", "new_malignancy"} <= seen.keys()
    reasons = {expectation(case, tables).reason for case in cases}
    assert {"missing_primary", "invalid_code", "insufficient_information", None} <= reasons
    assert {"both_symptom", "crosswalk_absent", "ccsr_absent"} <= reasons
    assert {"past_diagnosis", "category_exception"} <= reasons


def primary(system: str, code: str, *behind: str, on: date = DAY) -> tuple[Diagnosis, ...]:
    return tuple(Diagnosis(system, text, on) for text in (code, *behind))


# The method's own examples, through the whole list: (initial, final, relation, class, least grade).
EXAMPLES = {
    "split": (
        primary(CM, "M54.5", on=date(2021, 9, 15)),
        primary(CM, "M54.50", on=date(2021, 11, 2)),
        "coding_artifact",
        "confirmed",
        0,
    ),
    "symptom": (primary(CM, "M54.50"), primary(CM, "M51.16"), "D7", "refined", 1),
    "side": (primary(CM, "M17.11"), primary(CM, "M17.12"), "D1", "confirmed", 0),
    "specific": (primary(CM, "M17.9"), primary(CM, "M17.11"), "D2+", "refined", 1),
    "flip": (primary(CM, "C50.911"), primary(CM, "D24.1"), "flip", "changed", 4),
    "resolved": (primary(CM, "D48.61"), primary(CM, "C50.911"), "resolved_malignant", "changed", 3),
    "variant": (primary(WHO, "M17.1"), primary(CM, "M17.11"), "D0", "confirmed", 0),
    "unproven": (primary(CM, "I25.10"), primary(CM, "R07.9"), "D8", "changed", 2),
    "asthma": (primary(CM, "J45.909"), primary(CM, "J45.40"), "D2+", "refined", 1),
    "symptoms": (primary(CM, "R10.9"), primary(CM, "R10.9"), "D0", "undetermined", None),
    "other_joint": (primary(CM, "M17.11"), primary(CM, "M16.11"), "D4_other_site", "changed", 2),
    # test 18: what CCSR does not know, a hidden malignancy, a swap into one
    "beyond_ccsr": (primary(CM, "E88.810"), primary(CM, "M17.11"), "none", "undetermined", None),
    "cough": (primary(CM, "R05.9"), primary(CM, "C34.90"), "D7", "refined", 3),
    "cough_abroad": (primary(WHO, "R10.1"), primary(CM, "C34.90"), "D7", "refined", 3),
    "swap": (primary(CM, "M17.11", "M16.11"), primary(CM, "M16.11"), "rank_swap", "refined", 1),
    "swap_flip": (
        primary(CM, "D24.1", "C50.911"),
        primary(CM, "C50.911", "D24.1"),
        "flip",
        "changed",
        4,
    ),
    # the same clinical pair in two variants: one harmonised class
    "stones": (primary(CM, "K80.20"), primary(CM, "K81.1"), "D4", "refined", 1),
    "stones_abroad": (primary(WHO, "K80.2"), primary(WHO, "K81.1"), "D5", "changed", 2),
}


def examples() -> list[Case]:
    return [Case(name, row[0], row[1]) for name, row in EXAMPLES.items()]


def verdicts(whole: Settings) -> dict[str, tuple[str, str, int | None]]:
    """Relation, class and least grade of the examples, as the models stand now."""
    with connect(whole) as conn:
        fill(conn, examples())
    build(whole)
    with connect(whole) as conn:
        found = answers(conn)
    return {key: (v.relation, v.machine_class, v.grade) for key, v in found.items()}


def test_the_methods_examples_hold(whole: Settings) -> None:
    expected = {name: row[2:] for name, row in EXAMPLES.items()}
    assert verdicts(whole) == expected
    with connect(whole) as conn:
        found = answers(conn)
    assert found["stones"].harmonised == found["stones_abroad"].harmonised == "changed"
    assert found["cough"].harmonised == found["cough_abroad"].harmonised == "refined"
    assert found["beyond_ccsr"].reason == "ccsr_absent"
    assert found["beyond_ccsr"].harmonised == "changed"
    assert found["side"].laterality_mismatch and found["variant"].cross_variant
    assert found["cough"].double_read and found["flip"].flip


# Test 18's mutants: a rule is bent in a copy of the project, and an example must tell.
MUTANTS = {
    "a code that CCSR does not know is another chapter": (
        "macros/diagnosis_rules.sql",
        "when has_ccsr and not (is_initial_in_ccsr and is_final_in_ccsr) then null",
        "",
        "beyond_ccsr",
    ),
    "a rank swap hides a flip": (
        "models/marts/work/int_diagnosis_relation.sql",
        "when is_move_first then move_relation",
        "",
        "swap_flip",
    ),
    "a malignancy behind a symptom is minor": (
        "models/marts/work/int_diagnosis_relation.sql",
        "case when decided.relation = decided.move_relation then decided.move_grade end",
        "0",
        "cough",
    ),
    "another joint of the same group is a refinement": (
        "macros/diagnosis_rules.sql",
        "and initial_body_site <> final_body_site then 'D4_other_site'",
        "and initial_body_site <> final_body_site then 'D4'",
        "other_joint",
    ),
    "variants are compared to the last character": (
        "models/marts/work/int_diagnosis_pair.sql",
        "when first_side.code_family = final_side.code_family then 'category'",
        "when first_side.code_family = final_side.code_family then 'full_code'",
        "variant",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_bent_rule_is_caught(whole: Settings, tmp_path: Path, name: str) -> None:
    path, old, new, example = MUTANTS[name]
    bent = bend(tmp_path, path, old, new)
    found = verdicts(replace(whole, root=bent))
    assert found[example] != EXAMPLES[example][2:]


def bend(folder: Path, path: str, old: str, new: str) -> Path:
    """A copy of the dbt project in which one text is another; its root."""
    import shutil

    root = folder / "bent"
    ignored = shutil.ignore_patterns("target", "logs")
    shutil.copytree(ROOT / "dbt_project", root / "dbt_project", ignore=ignored)
    for part in ("warehouse", "expectations", "simulation"):
        (root / part).symlink_to(ROOT / part)
    text = (root / "dbt_project" / path).read_text()
    assert text.count(old) >= 1
    (root / "dbt_project" / path).write_text(text.replace(old, new))
    return root


def generated(codes: list[tuple[str, str]], count: int, seed: int) -> list[Case]:
    """Pairs of codes: mostly near ones, some with secondary diagnoses, odd days or odd codes."""
    rng = random.Random(seed)
    families: dict[str, list[tuple[str, str]]] = {}
    for system, code in codes:
        families.setdefault(code[:3], []).append((system, code))
    weights = _few_foreign(codes)
    return [
        Case(
            f"case-{n}",
            *_opinions(rng, weights, families),
            insufficient=rng.random() < 0.01,
            unsupported=rng.random() < 0.03,
        )
        for n in range(count)
    ]


def _few_foreign(codes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Shipped lists are small beside the whole one; repeat them, and thin out ICD-9."""
    small = [code for code in codes if code[0] in (GM, WHO)]
    nine = [code for code in codes if code[0] == NINE]
    american = [code for code in codes if code[0] == CM]
    return american + small * max(1, len(american) // (5 * max(1, len(small)))) + nine[::20]


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
    elif odd < 0.4 and system == GM:
        code += rng.choice(("R", "LG", "G", "V", "A", "Z", "+ G R", "! A", ".-", "-G", "GA", "ZL"))
    elif odd < 0.1:
        code += rng.choice(("-", "+", "*", "A"))
    day = DAY if rng.random() < 0.9 else date(rng.randint(2014, 2025), rng.randint(1, 12), 15)
    return Diagnosis(system, code, day)
