"""dbt's own unit tests: all of them pass, and no model of claims and cases is without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.transform import read_results, run_dbt
from tests.dbt.conftest import FIXTURE


@pytest.fixture(scope="module")
def results(settings: Settings, empty_warehouse: Path) -> dict[str, str]:
    run_dbt(settings, FIXTURE, empty_warehouse, ["test", "--select", "test_type:unit"])
    found = read_results(empty_warehouse)
    assert found is not None, "dbt left no results"
    return found


def test_every_unit_test_passes(results: dict[str, str]) -> None:
    assert len(results) > 0
    assert {name: status for name, status in results.items() if status != "pass"} == {}


def test_every_unit_test_of_the_project_was_run(
    results: dict[str, str], empty_warehouse: Path
) -> None:
    manifest = json.loads((empty_warehouse / "manifest.json").read_text())
    assert set(manifest["unit_tests"]) == set(results)


def test_every_model_of_claims_and_cases_has_a_unit_test(
    results: dict[str, str], empty_warehouse: Path
) -> None:
    manifest = json.loads((empty_warehouse / "manifest.json").read_text())
    models = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "claims_cases" in node["tags"]
    }
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert len(models) > 0
    assert models - tested == set()
