"""The published figures that ship: their arithmetic, their words, which of ours they may meet."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.contract import load_feed
from pipeline.settings import ROOT
from simulation.opinions import _SPECIALTIES
from warehouse.reference_data import FOLDER

MODEL = ROOT / "dbt_project/models/marts/aggregates/mart_literature_benchmark.sql"
# What a vendor may send is free; these are the words of the world and of the figures.
SPECIALTIES = {*_SPECIALTIES.values(), "internal_medicine", "oncology", "pathology", "cardiology"}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


ROWS = table(FOLDER / "literature_benchmark.csv")
FOUND = {(row["benchmark_id"], row["measure"]): row for row in ROWS}


def value(benchmark: str, measure: str) -> Decimal:
    return Decimal(FOUND[benchmark, measure]["value"])


def test_every_row_of_the_method_with_a_figure_is_there_once() -> None:
    assert len(FOUND) == len(ROWS)
    assert {int(row["table_row"]) for row in ROWS} == set(range(1, 39))


def test_every_share_is_its_counts() -> None:
    counted = [row for row in ROWS if row["numerator"]]
    assert len(counted) > 15
    for row in counted:
        share = Decimal(row["numerator"]) / Decimal(row["denominator"])
        if row["value"]:
            assert abs(share - Decimal(row["value"])) < Decimal("1e-7"), row["benchmark_id"]


def test_every_range_holds_its_value() -> None:
    for row in ROWS:
        low, middle, high = (
            Decimal(row[name]) if row[name] else None
            for name in ("lower_value", "value", "upper_value")
        )
        known = [number for number in (low, middle, high) if number is not None]
        assert known and known == sorted(known), row["benchmark_id"]


def test_either_is_the_sum_less_both() -> None:
    either, both = (
        value("meyer_2015", f"diagnosis_{word}_treatment_changed") for word in ("or", "and")
    )
    parts = value("meyer_2015", "diagnosis_changed") + value("meyer_2015", "treatment_changed")
    assert either == parts - both == Decimal("0.416")
    assert FOUND["meyer_2015", "diagnosis_or_treatment_changed"]["status"] == "computed"


@pytest.mark.parametrize(
    ("benchmark", "measure", "printed"),
    [
        ("kronz_1999", "diagnosis_changed_strict", "0.014"),
        ("middleton_2014", "diagnosis_changed_strict", "0.006"),
        ("gertman_1980", "third_opinion_reversed", "0.695"),
        ("ruchlin_1982", "treatment_not_confirmed", "0.150"),
        ("ruchlin_1982", "benefit_cost_ratio", "2.63"),
        ("ruchlin_1982_medical", "benefit_cost_ratio", "1.78"),
        ("union_fund_1997", "treatment_not_confirmed", "0.09"),
    ],
)
def test_counts_give_what_the_source_prints(benchmark: str, measure: str, printed: str) -> None:
    assert value(benchmark, measure).quantize(Decimal(printed)) == Decimal(printed)


def test_the_classes_of_a_study_fill_its_cases() -> None:
    classes = ("confirmed", "refined", "changed")
    cases = [int(FOUND["van_such_2017", f"diagnosis_{name}"]["numerator"]) for name in classes]
    assert sum(cases) == int(FOUND["van_such_2017", "diagnosis_changed"]["denominator"])
    plans = [value("weigl_2021", f"treatment_{name}") for name in ("same", "deferred")]
    assert sum(plans) + value("weigl_2021", "treatment_stopped_or_less_invasive") == 1


def test_of_two_counts_that_are_printed_one_is_used_and_both_are_said() -> None:
    note = FOUND["ruchlin_1982", "treatment_not_confirmed"]["note"]
    assert "342 (15.0 %)" in note and "366 (16.0 %)" in note
    for count, percent in re.findall(r"(\d+) \((\d+\.\d) %\)", note):
        assert round(Decimal(count) / 2284 * 100, 1) == Decimal(percent)


def test_what_a_source_does_not_state_stays_empty() -> None:
    for name in ("antonioli_2023", "koensgen_2021", "german_census_2016", "grafe_1978"):
        assert {row["initiation"] for row in ROWS if row["benchmark_id"].startswith(name)} == {""}


def test_words_are_those_of_the_product() -> None:
    feed = {column.name: set(column.values or ()) for column in load_feed("consultation").columns}
    groups = {row["condition_group"] for row in table(FOLDER / "rules/condition.csv")}
    families = {row["family_id"]: row for row in table(FOLDER / "procedure_family.csv")}
    groups |= {row["condition_group"] for row in families.values()}
    for row in ROWS:
        assert row["setting"] in feed["end_user"] | {"not_stated"}
        assert row["initiation"] in feed["initiation"] | {""}
        assert row["specialty"] in SPECIALTIES | {""}
        assert row["condition_group"] in groups | {""}
        assert row["procedure_family"] in {*families, ""}


def test_own_measures_are_those_of_the_mart() -> None:
    counted = set(re.findall(r"\"'(\w+)'\"", MODEL.read_text()))
    used = {row["own_measure"] for row in ROWS} - {""}
    assert used == counted


def test_a_share_of_all_opinions_meets_no_share_of_plans() -> None:
    """Studies of all who asked count plans over all of them."""
    for row in ROWS:
        if row["benchmark_id"] in ("meyer_2015", "weill_cornell_msk", "best_doctors_2007"):
            assert row["own_measure"].startswith("treatment_changed") == (
                row["measure"] == "treatment_changed"
            )
    assert FOUND["meyer_2015", "treatment_changed"]["own_measure"].endswith("_of_all_opinions")


def test_figures_of_one_operation_stay_with_it() -> None:
    weigl = [row for row in ROWS if row["benchmark_id"] == "weigl_2021"]
    assert {row["procedure_family"] for row in weigl} == {"knee_arthroplasty"}
