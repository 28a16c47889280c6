"""The analysis plan: versioned by content, and the same lengths as the SQL rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaluation.plan import PLAN_FILE, load_plan
from pipeline.settings import ROOT

MACROS = ROOT / "dbt_project" / "macros"


def macro_number(file: str, name: str) -> int:
    text = (MACROS / file).read_text()
    found = re.search(rf"macro {name}\(\) -%}}\s*(\d+)\s*{{%- endmacro", text)
    assert found, f"{name} is not a plain number in {file}"
    return int(found.group(1))


def test_sql_rules_use_the_plans_lengths() -> None:
    plan = load_plan()
    assert macro_number("ledger_rules.sql", "episode_tail_days") == plan.tail_days
    assert (
        macro_number("ledger_rules.sql", "months_without_proposal") == plan.without_proposal_months
    )
    gap = macro_number("coverage_rules.sql", "allowed_gap_days")
    assert gap + 1 == plan.recognised_after_days


def test_any_change_is_a_new_version(tmp_path: Path) -> None:
    changed = tmp_path / "plan.yml"
    changed.write_text(PLAN_FILE.read_text().replace("draws: 2000", "draws: 2001"))
    assert load_plan(changed).draws == 2001
    assert load_plan(changed).version != load_plan().version


def test_a_missing_choice_is_an_error(tmp_path: Path) -> None:
    changed = tmp_path / "plan.yml"
    changed.write_text(PLAN_FILE.read_text().replace("  draws: 2000\n", ""))
    with pytest.raises(KeyError):
        load_plan(changed)
