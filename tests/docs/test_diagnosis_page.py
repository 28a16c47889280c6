"""docs/diagnosis.md: each mart has grain, definition, user, caveat and query; tables are true."""

from __future__ import annotations

import csv
import re

import pytest

from pipeline.settings import ROOT
from tests.docs.queries import statements
from warehouse.mart_contract import load
from warehouse.reference_data import FOLDER

PAGE = (ROOT / "docs" / "diagnosis.md").read_text()
MARTS = (
    "fct_diagnosis_change",
    "fct_treatment_change",
    "mart_diagnosis_change",
    "mart_treatment_change",
    "mart_opinion_process",
    "mart_literature_benchmark",
)


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_is_described_and_queried(mart: str) -> None:
    line = re.search(rf"^\| `{mart}` \|(.*)\|$", PAGE, flags=re.M)
    assert line
    cells = [cell.strip() for cell in line.group(1).split("|")]
    assert len(cells) == 4 and all(cells)  # grain, definition, who uses it, mind
    assert any(f"bi.{mart}\n" in statement for statement in statements("diagnosis.md"))


def test_the_marts_are_those_of_the_contract() -> None:
    assert set(MARTS) <= {relation.name for relation in load()[1]}


def test_the_weights_of_treatments_are_those_of_the_model() -> None:
    model = ROOT / "dbt_project/models/marts/work/int_treatment_change.sql"
    weights = re.findall(r"when '(\w+)' then (\d)", model.read_text())
    told = re.findall(r"^\| (\d) \| ([a-z ]+) \|", PAGE[PAGE.index("## Treatment") :], flags=re.M)
    assert [(name.replace(" ", "_"), weight) for weight, name in told[:7]] == weights
    assert told[7] == ("8", "same")


def test_the_stages_are_those_of_the_model() -> None:
    model = ROOT / "dbt_project/models/marts/aggregates/mart_opinion_process.sql"
    stages = re.findall(r"^    '(\w+)': \(", model.read_text(), flags=re.M)
    assert len(stages) == 5
    assert all(f"| `{stage}` |" in PAGE for stage in stages)


def test_the_weights_of_classes_are_those_of_the_table() -> None:
    with (FOLDER / "class_grade.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            low, high = row["lowest_grade"], row["highest_grade"]
            text = low if low == high else f"{low} to {high}"
            assert f"{row['class_name']} {text}" in PAGE
