"""Consultations and outcomes, cases 68 to 75: order, clinicians, versions, free text, scales."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.contract import load_feed, load_layout
from tests.ingestion.cases.told import CANARY, of_rows, stored, tell
from tests.ingestion.conftest import Desk
from tests.ingestion.files import CONSULTATION, DIAGNOSIS, OUTCOME, PROCEDURE

pytestmark = pytest.mark.warehouse

CASE = {**CONSULTATION, "member_id": CANARY, "assigned_date": "2024-03-04",
        "records_complete_date": "2024-03-03", "acknowledged_date": "2024-03-25",
        "reviewer_class": "changed", "first_clinician_id": "A1", "reviewer_id": "B2"}  # fmt: skip
ANSWER = {**OUTCOME, "member_id": CANARY}


@pytest.mark.case(68)
def test_the_reviewers_flag_is_kept_as_it_came_beside_the_codes(desk: Desk, tmp_path: Path) -> None:
    """Flag and codes lie in two feeds that come in any order: the measure compares them."""
    assert tell(desk, tmp_path, "consultation", of_rows(CASE)).outcome.accepted == 1
    pair = [DIAGNOSIS, {**DIAGNOSIS, "opinion": "final"}]
    assert tell(desk, tmp_path, "consultation_diagnosis", of_rows(*pair)).outcome.accepted == 2
    assert stored(desk, "consultation", "reviewer_class") == ["changed"]
    assert stored(desk, "consultation_diagnosis", "code") == [DIAGNOSIS["code"]] * 2


TIMES = {
    "delivered before the request": {"delivered_to_member_date": "2024-02-29",
                                     "assigned_date": "", "acknowledged_date": ""},
    "assigned before the request": {"assigned_date": "2024-02-29"},
    "delivered before it was assigned": {"assigned_date": "2024-03-21"},
    "acknowledged before it was delivered": {"acknowledged_date": "2024-03-19"},
}  # fmt: skip


@pytest.mark.case(69)
@pytest.mark.parametrize("name", TIMES)
def test_an_opinion_before_its_time(name: str, desk: Desk, tmp_path: Path) -> None:
    rows = [{**CASE, "consultation_id": f"S{n}"} for n in range(3)]
    told = tell(desk, tmp_path, "consultation", of_rows(*rows, {**CASE, **TIMES[name]}))
    assert told.outcome.quarantined == {"C-TIME": 1}
    assert "line 5 field delivered_to_member_date" in told.says("C-TIME")


@pytest.mark.case(69)
def test_everything_on_one_day_and_records_from_before(desk: Desk, tmp_path: Path) -> None:
    day = dict.fromkeys(
        ("requested_date", "assigned_date", "delivered_to_member_date", "acknowledged_date"),
        "2024-03-01",
    )
    row = {**CASE, **day, "records_complete_date": "2024-02-01"}
    assert tell(desk, tmp_path, "consultation", of_rows(row)).outcome.accepted == 1


@pytest.mark.case(69)
def test_a_second_opinion_by_the_first_clinician(desk: Desk, tmp_path: Path) -> None:
    nobody = {"first_clinician_id": "", "reviewer_id": ""}
    rows = [
        CASE,
        {**CASE, "consultation_id": "S2", "reviewer_id": "A1"},
        {**CASE, "consultation_id": "S3", **nobody},
    ]
    told = tell(desk, tmp_path, "consultation", of_rows(*rows))
    assert told.outcome.quarantined == {"C-SAMEMD": 1}
    assert stored(desk, "consultation", "consultation_id") == ["S1", "S3"]


@pytest.mark.case(70)
def test_a_case_that_is_opened_again_is_a_new_version(desk: Desk, tmp_path: Path) -> None:
    tell(desk, tmp_path, "consultation", of_rows(CASE))
    again = {**CASE, "sender_sequence": "2", "status": "requested",
             "delivered_to_member_date": "", "acknowledged_date": ""}  # fmt: skip
    told = tell(desk, tmp_path, "consultation", of_rows(again))
    assert stored(desk, "consultation", "sender_sequence") == ["1", "2"]
    found = desk.rows(
        "select entity, key, released_in from ops.change where payor_id = %s and receipt_id = %s",
        desk.payor,
        told.outcome.receipt_id,
    )
    assert found == [("case", desk.one("select md5(%s)", f"{desk.payor}|S1"), None)]


TEXT = f"{CANARY} was seen; he feels better now, thank you"
CODED = [
    ("consultation", CASE, "specialty"),
    ("consultation", CASE, "reviewer_class"),
    ("consultation", CASE, "delivery_mode"),
    ("consultation_diagnosis", DIAGNOSIS, "code"),
    ("consultation_procedure", PROCEDURE, "procedure_family"),
    ("outcome", ANSWER, "instrument"),
]


@pytest.mark.case(71)
@pytest.mark.parametrize(("feed", "row", "column"), CODED)
@pytest.mark.parametrize("text", [TEXT, TEXT * 10, "yes, he was"])
def test_text_where_a_code_belongs_is_dropped(
    feed: str, row: dict[str, str], column: str, text: str, desk: Desk, tmp_path: Path
) -> None:
    told = tell(desk, tmp_path, feed, of_rows(row, {**row, column: text}))
    assert told.outcome.quarantined == {"C-TEXT": 1}
    assert f"line 3 field {column}" in told.says("C-TEXT")
    assert stored(desk, feed, column) == [row[column]]


@pytest.mark.case(71)
@pytest.mark.parametrize("text", ["internal medicine", "Frauenheilkunde und Geburtshilfe", "ENT",
                                  "head & neck surgery", "Orthopädie/Unfallchirurgie"])  # fmt: skip
def test_a_label_is_no_free_text(text: str, desk: Desk, tmp_path: Path) -> None:
    told = tell(desk, tmp_path, "consultation", of_rows({**CASE, "specialty": text}))
    assert told.outcome.accepted == 1


SCALES = {
    "above its scale": {"value": "11"},
    "below its scale": {"value": "-1"},
    "another scale than the instrument's": {"scale_high": "100"},
    "a scale turned round": {"scale_low": "10", "scale_high": "0"},
    "a version nobody knows": {"instrument_version": "9"},
    "an item of another instrument": {"item": "mobility"},
    "an own instrument, off its scale": {
        "instrument": "own_survey", "item": "q1", "scale_low": "1", "scale_high": "5",
    },
    "an own instrument, turned round": {
        "instrument": "own_survey", "scale_low": "10", "scale_high": "1", "value": "5",
    },
}  # fmt: skip


@pytest.mark.case(74)
@pytest.mark.parametrize("name", SCALES)
def test_answers_off_their_scale(name: str, desk: Desk, tmp_path: Path) -> None:
    rows = [{**ANSWER, "consultation_id": f"S{n}"} for n in range(3)]
    told = tell(desk, tmp_path, "outcome", of_rows(*rows, {**ANSWER, **SCALES[name]}))
    assert told.outcome.quarantined == {"S-SCALE": 1}
    assert stored(desk, "outcome", "consultation_id") == ["S0", "S1", "S2"]


@pytest.mark.case(74)
def test_answers_on_their_scale(desk: Desk, tmp_path: Path) -> None:
    rows = [
        {**ANSWER, "value": "0", "scale_low": "0.0", "scale_high": "10.00"},
        {**ANSWER, "instrument": "NPS", "value": "10"},
        {**ANSWER, "instrument": "eq_5d_5l", "item": "vas", "scale_high": "100", "value": "63.5"},
        {**ANSWER, "instrument": "own_survey", "scale_low": "1", "scale_high": "7", "value": "7"},
        {**ANSWER, "instrument": "return_to_work", "scale_low": "", "scale_high": "", "value": "",
         "answer_code": "full_time"},
    ]  # fmt: skip
    assert tell(desk, tmp_path, "outcome", of_rows(*rows)).outcome.accepted == 5


@pytest.mark.case(74)
def test_an_answer_given_twice_is_kept_and_ordered(desk: Desk, tmp_path: Path) -> None:
    rows = [ANSWER, {**ANSWER, "value": "3", "sender_sequence": "2"}]
    assert tell(desk, tmp_path, "outcome", of_rows(*rows)).outcome.accepted == 2
    versions = load_layout("canonical_csv").versions["outcome"]
    assert versions["order"] == ("sender_sequence", "response_date")
    assert set(versions["family"]) < set(load_feed("outcome").names)


WINDOWS = {
    "before the opinion": {"response_date": "2024-03-19"},
    "too early": {"response_date": "2024-05-18"},
    "too late": {"response_date": "2024-08-03"},
    "baseline after the opinion": {"timepoint": "baseline", "response_date": "2024-03-21"},
}


@pytest.mark.case(75)
@pytest.mark.parametrize("name", WINDOWS)
def test_answers_outside_their_window(name: str, desk: Desk, tmp_path: Path) -> None:
    rows = [{**ANSWER, "consultation_id": f"S{n}"} for n in range(3)]
    told = tell(desk, tmp_path, "outcome", of_rows(*rows, {**ANSWER, **WINDOWS[name]}))
    assert told.outcome.quarantined == {"S-WINDOW": 1}
    assert "field response_date" in told.says("S-WINDOW")


@pytest.mark.case(75)
def test_answers_at_the_edges_of_their_window(desk: Desk, tmp_path: Path) -> None:
    days = [("month_3", "2024-05-19"), ("month_3", "2024-08-02"), ("baseline", "2024-03-20"),
            ("after_opinion", "2024-03-20"), ("month_24", "2026-03-20")]  # fmt: skip
    rows = [{**ANSWER, "timepoint": point, "response_date": day} for point, day in days]
    assert tell(desk, tmp_path, "outcome", of_rows(*rows)).outcome.accepted == 5
