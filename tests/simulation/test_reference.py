"""The simulator's own tables agree with the warehouse's reference where both speak."""

from __future__ import annotations

import csv
from pathlib import Path

from simulation.diagnoses import UNKNOWN_CODE, CodeFacts, code_table, dotless
from simulation.families import BY_ID, facility_code, pcs_rows
from simulation.oracle.operations import RENDERED_DENIALS

REFERENCE = Path(__file__).resolve().parents[2] / "warehouse" / "reference"


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_every_diagnosis_code_is_known_with_the_same_facts() -> None:
    known = {(row["code_system"], row["code"]): row for row in rows("diagnosis_code")}
    concepts: dict[tuple[str, str], set[str]] = {}
    for (system, code), facts in code_table().items():
        row = known[system, code]
        assert row["category"] == facts.category
        assert (row["is_symptom"] == "true") == facts.is_symptom
        if not facts.is_symptom:
            assert (row["is_unspecified"] == "true") == facts.is_unspecified
        assert row["valid_from"] <= "2022-07-01" and not row["valid_to"]
        concepts.setdefault((system, facts.concept), set()).add(row["concept_code"])
    assert all(len(names) == 1 for names in concepts.values())
    assert dotless(UNKNOWN_CODE) not in {code for _, code in known}
    assert isinstance(next(iter(code_table().values())), CodeFacts)


def test_families_have_the_same_windows() -> None:
    known = {row["family_id"]: row for row in rows("procedure_family")}
    for family in BY_ID.values():
        assert int(known[family.family_id]["window_months"]) == family.window_months
        assert int(known[family.family_id]["min_defer_months"]) == family.min_defer_months


def test_public_procedure_codes_mean_the_same() -> None:
    known = [row for row in rows("procedure_code") if row["code_system"] == "icd-10-pcs"]
    for family in BY_ID.values():
        for side in ("left", "right"):
            code = facility_code("icd-10-pcs", family.family_id, side)
            found = [row for row in known if code.startswith(row["code_prefix"])]
            assert [row["family_id"] for row in found] == [family.family_id]
            assert found[0]["laterality"] == (side if family.sided else "")
    assert len(pcs_rows()) >= 10


def test_denials_that_prove_a_service() -> None:
    rendered = {r["code"] for r in rows("denial_code") if r["service_rendered"] == "true"}
    assert rendered == RENDERED_DENIALS
