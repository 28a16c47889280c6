"""The bag is counted and its policy holds; parsing loads nothing heavy."""

from __future__ import annotations

import ast
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import night
from pipeline.settings import ROOT

PAYORS = ("acme", "borealis", "cobalt")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("bag")
    (home / "payors").mkdir()
    for payor in PAYORS:
        (home / "payors" / f"{payor}.yml").write_text(f"payor: {payor}\n")
    env = os.environ | {"SECOND_OPINION_HOME": str(home), "AIRFLOW_HOME": str(home / "airflow")}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("bag.py")), str(ROOT / "dags")],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    parsed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return parsed


def test_one_dag_per_onboarded_payor_and_no_import_error(facts: dict[str, Any]) -> None:
    assert facts["errors"] == []
    assert sorted(facts["dags"]) == [f"night_{payor}" for payor in PAYORS]


def test_parsing_loads_nothing_heavy(facts: dict[str, Any]) -> None:
    assert facts["heavy"] == []


def test_policy(facts: dict[str, Any]) -> None:
    for dag in facts["dags"].values():
        assert dag["owner"] == "data-team"
        assert {"night", "tier-1"} <= set(dag["tags"])
        assert dag["catchup"] is False
        assert dag["max_active_runs"] == 1
        assert dag["params"] == ["allow_future", "date"], (
            "the business date is an explicit parameter"
        )
        for word in ("What:", "Inputs:", "Outputs:", "How to rerun:", "Who cares"):
            assert word in dag["doc"]
        assert all(task["retries"] == 1 for task in dag["tasks"].values())


def test_tasks_are_the_steps_of_the_night_in_their_order(facts: dict[str, Any]) -> None:
    tasks = facts["dags"]["night_acme"]["tasks"]
    assert list(tasks) == list(night.STEPS)
    chain = [name for name in night.STEPS if name not in ("report", "confirm")]
    for before, after in itertools.pairwise(chain):
        assert tasks[after]["upstream"] == [before]


def test_nothing_on_the_publish_path_runs_after_a_failure(facts: dict[str, Any]) -> None:
    tasks = facts["dags"]["night_acme"]["tasks"]
    late = {name for name, task in tasks.items() if task["rule"] != "all_success"}
    assert late == {"report"}
    assert tasks["confirm"]["upstream"] == ["publish", "report"]


def test_dag_files_declare_only() -> None:
    """No import of our packages or of data libraries at module level."""
    files = sorted((ROOT / "dags").glob("*.py"))
    assert files
    for path in files:
        top = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ImportFrom)]
        assert {n.module for n in top} <= {"__future__", "pathlib", "typing", "airflow.sdk"}
