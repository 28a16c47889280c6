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
from tests.spec.diagnosis_reading import Diagnosis
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
    # a national exception also bars the comparison of countries within one variant
    "drifted": (primary(CM, "F17.210"), primary(CM, "F17.220"), "D3", "refined", 1),
    # how sure a German doctor is
    "excluded": (primary(GM, "M17.1 G R"), primary(GM, "M17.1AR"), "D8", "changed", 2),
    "nothing": (primary(GM, "M17.1A"), primary(GM, "M17.1G"), "none", "undetermined", None),
    "suspected": (primary(GM, "M17.1 V"), primary(GM, "M17.1 G"), "D0", "confirmed", 0),
    "past": (primary(GM, "M17.1Z"), primary(GM, "M17.1G"), "none", "undetermined", None),
    "placeholder": (primary(GM, "M17.-"), primary(GM, "M17.1+"), "D2+", "refined", 1),
    # the same letter is an encounter in another system
    "encounter": (primary(CM, "S82.001A"), primary(CM, "S82.001D"), "D1", "confirmed", 0),
    "levels": (primary(CM, "M50.20"), primary(CM, "M51.26"), "D4_other_site", "changed", 2),
    "limbs": (primary(CM, "S40.012A"), primary(CM, "S90.02XA"), "D4_other_site", "changed", 2),
    "tendons": (primary(CM, "M77.11"), primary(CM, "M70.61"), "D4_other_site", "changed", 2),
    "no_site": (primary(CM, "M19.90"), primary(CM, "M17.11"), "D4", "undetermined", None),
    "family": (primary(CM, "M53.2X6"), primary(CM, "M51.16"), "D4_other_family", "changed", 2),
    # `with unspecified angina` adds a disease and is no unspecified code
    "angina": (primary(CM, "I25.10"), primary(CM, "I25.119"), "D3", "refined", 1),
}
# Class on three characters; the others have the class of the whole code.
HARMONISED = {
    "specific": "confirmed",
    "asthma": "confirmed",
    "beyond_ccsr": "changed",
    "stones": "changed",
    "drifted": "undetermined",
    "placeholder": "confirmed",
    "no_site": "changed",
    "angina": "confirmed",
}
EXPECTED = {name: (*row[2:], HARMONISED.get(name, row[3])) for name, row in EXAMPLES.items()}


def examples() -> list[Case]:
    return [Case(name, row[0], row[1]) for name, row in EXAMPLES.items()]


def verdicts(whole: Settings) -> dict[str, tuple[str, str, int | None, str]]:
    """Relation, class, least grade and harmonised class of the examples, as the models stand."""
    with connect(whole) as conn:
        fill(conn, examples())
    build(whole)
    with connect(whole) as conn:
        found = answers(conn)
    return {key: (v.relation, v.machine_class, v.grade, v.harmonised) for key, v in found.items()}


def test_the_methods_examples_hold(whole: Settings) -> None:
    assert verdicts(whole) == EXPECTED
    with connect(whole) as conn:
        found = answers(conn)
    assert found["stones"].harmonised == found["stones_abroad"].harmonised == "changed"
    assert found["cough"].harmonised == found["cough_abroad"].harmonised == "refined"
    assert found["beyond_ccsr"].reason == "ccsr_absent"
    assert found["no_site"].reason == "site_unknown" and found["past"].reason == "past_diagnosis"
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
    "countries are compared by a category that means something else": (
        "models/marts/work/int_diagnosis_relation.sql",
        "when decided.is_in_exceptions then 'undetermined'",
        "",
        "drifted",
    ),
    "an excluded disease is a disease": (
        "models/marts/work/int_diagnosis_code.sql",
        "when suffix.subject = 'certainty' then suffix.meaning",
        "when suffix.subject = 'certainty' then 'assured'",
        "excluded",
    ),
    "an unknown site is the same site": (
        "models/marts/work/int_diagnosis_relation.sql",
        "and is_site_bound",
        "and false",
        "no_site",
    ),
    "other procedures are the same disease": (
        "macros/diagnosis_rules.sql",
        "then 'D4_other_family'",
        "then 'D4'",
        "family",
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
    assert found[example] != EXPECTED[example]


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
