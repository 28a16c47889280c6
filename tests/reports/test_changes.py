"""The page's section on changes: who asked, strict beside broad, what nobody could tell."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pipeline.settings import Settings
from tests.expectations.handmade import execute, make_night
from tests.reports.test_figures import publish
from tests.reports.test_page import Tags, page_of
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse

# Forty cases of patients: 26 confirmed, 14 changed; both readings of quality flagged.
CHANGES = (
    "update {w}.mart_diagnosis_change set numerator = 0, denominator = 40, value = 0, lower = 0,"
    " upper = 0.1 where slice like 'initiation%'",
    "update {w}.mart_diagnosis_change set numerator = 26, value = 0.65, upper = 0.8"
    " where slice like 'initiation%' and measure = 'diagnosis_confirmed'",
    "update {w}.mart_diagnosis_change set numerator = 14, value = 0.35, upper = 0.5"
    " where slice like 'initiation%' and measure = 'diagnosis_changed'",
    "insert into {w}.mart_diagnosis_change (payor_id, measure, period_grain, period, slice,"
    " slice_value, numerator, denominator, value, lower, upper, evidence_grade, maturity,"
    " currency_code)"
    " select payor_id, 'diagnosis_changed_strict', period_grain, period, slice, slice_value, 6,"
    " 40, 0.15, 0.07, 0.29, evidence_grade, maturity, currency_code"
    " from {w}.mart_diagnosis_change"
    " where slice like 'initiation%' and measure = 'diagnosis_changed'",
    "update {w}.mart_diagnosis_change set is_low_reliability = true,"
    " is_reliability_unmeasured = true where slice = 'total'",
    "update {w}.fct_diagnosis_change set final_class = 'undetermined', initial_code = 'R69',"
    " undetermined_reason = 'unknown_illness'",
    "update {w}.fct_diagnosis_change set initial_code = null where case_key ="
    " (select min(case_key) from {w}.fct_diagnosis_change)",
)


def section(page: str, first: str, last: str) -> str:
    return re.sub(r"\s+", " ", page[page.index(f'id="{first}"') : page.index(f'id="{last}"')])


@pytest.fixture(scope="module")
def plain(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The page of the night made by hand: two cases, readers who agree."""
    payor = add_payor("plainly").payor_id
    make_night(settings, payor)
    publish(settings, payor)
    return page_of(settings, payor, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def flagged(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The same night with forty cases in every crossing and doubtful readers."""
    payor = add_payor("flagged").payor_id
    make_night(settings, payor)
    for statement in CHANGES:
        execute(settings, None, statement.replace("{w}", f"work_{payor}"))
    publish(settings, payor)
    return page_of(settings, payor, tmp_path_factory.mktemp("flagged"))


def test_rates_are_by_who_asked_and_pooling_is_said(flagged: str) -> None:
    changes = section(flagged, "diagnosis", "treatment")
    assert "All, pooled over who asked" in changes
    row = re.search(r"<tr><th scope=.row.>Patient: orthopaedics</th>.*?</tr>", changes)
    assert row
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row.group())
    assert cells[0] == "40"
    assert [cell.replace(" ", " ") for cell in (cells[1], cells[3])] == ["35.0 %", "15.0 %"]
    assert not re.search(r"scope=.row.>(Specialty: )?[Oo]rthopaedics<", changes)


def test_few_cases_make_no_rate(plain: str) -> None:
    changes = section(plain, "diagnosis", "treatment")
    assert "Patient: orthopaedics" not in changes
    row = re.search(r"<tr><th[^>]*>Patient: 1 with fewer than 11 cases each</th>.*?</tr>", changes)
    assert row and "%" not in row.group()
    literature = section(plain, "literature", "turnaround")
    assert re.search(r"under 11</td><td>14\.8", literature)


def test_agreement_has_its_interval_and_its_cases(plain: str) -> None:
    agreement = section(plain, "agreement", "treatment")
    for label, value, interval in (
        ("Percent agreement", "0.92", "0.80 to 1.00"),
        ("Cohen&#39;s kappa", "0.31", "−0.20 to 0.80"),
        ("Gwet&#39;s AC1", "0.88", "0.70 to 1.00"),
    ):
        row = re.search(rf"{label}</th>.*?</tr>", agreement)
        assert row, label
        assert re.findall(r"<td[^>]*>(.*?)</td>", row.group()) == [value, interval, "12"]
    assert "Low reliability" not in agreement and "not measured" not in agreement


def test_too_little_agreement_is_not_the_same_as_none_measured(flagged: str) -> None:
    agreement = section(flagged, "agreement", "treatment")
    assert "<strong>Low reliability:</strong>" in agreement
    assert "<strong>Reliability not measured:</strong>" in agreement


def test_reasons_are_of_cases_that_the_rates_count(flagged: str) -> None:
    changes = section(flagged, "diagnosis", "agreement")
    assert re.search(r"coded as illness unknown</th><td>1</td>", changes)
    assert "1 delivered opinions have no initial diagnosis" in changes


def test_the_page_stays_whole(flagged: str) -> None:
    assert Tags(flagged).open == []
