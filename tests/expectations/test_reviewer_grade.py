"""The grade that a vendor sends with its class: a warning, because it is never final."""

from __future__ import annotations

import pytest

from expectations.gate import run_gate
from pipeline.settings import Settings
from tests.expectations.handmade import execute, make_night
from tests.expectations.test_gate import verdicts
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse


@pytest.mark.parametrize(("grade", "verdict"), [(2, "PASS"), (3, "FAIL"), (9, "FAIL")])
def test_a_grade_that_its_class_cannot_have_warns(
    settings: Settings, payor: Payor, grade: int, verdict: str
) -> None:
    make_night(settings, payor.payor_id)
    execute(
        settings,
        None,
        f"update work_{payor.payor_id}.fct_diagnosis_change"
        f" set reviewer_class = 'confirmed', reviewer_grade = {grade}",
    )
    outcome = run_gate(settings, payor.payor_id, "marts")
    row = verdicts(settings, payor.payor_id)["mart_reviewer_grade"]
    assert (row["verdict"], row["rows_evaluated"]) == (verdict, 2)
    assert "mart_reviewer_grade" not in outcome.blocking
