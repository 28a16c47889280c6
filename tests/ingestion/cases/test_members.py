"""Eligibility, cases 65 to 67: spans, ids of two people, values that say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.ingestion.cases.told import CANARY, of_rows, stored, tell
from tests.ingestion.conftest import Desk
from tests.ingestion.files import ELIGIBILITY
from warehouse.connection import connect

pytestmark = pytest.mark.warehouse

SPAN = {**ELIGIBILITY, "last_name": CANARY, "birth_date": "1980-05-17", "gender": "female",
        "enrollment_end_date": "2023-12-31", "social_security_number": "",
        "sender_sequence": "1"}  # fmt: skip


def span(start: str, end: str, **changes: str) -> dict[str, str]:
    return {**SPAN, "enrollment_start_date": start, "enrollment_end_date": end, **changes}


@pytest.mark.case(65)
def test_a_span_that_ends_before_it_starts(desk: Desk, tmp_path: Path) -> None:
    rows = [span("2023-01-01", "2023-06-30"), span("2023-07-01", "2023-06-30"),
            span("2023-07-01", "2023-07-01"), span("2024-01-01", "")]  # fmt: skip
    told = tell(desk, tmp_path, "eligibility", of_rows(*rows))
    assert told.outcome.quarantined == {"M-SPAN": 1}
    assert "line 3 field enrollment_end_date" in told.says("M-SPAN")
    assert len(stored(desk, "eligibility", "enrollment_start_date")) == 3


@pytest.mark.case(65)
def test_spans_that_overlap_or_nearly_touch_are_kept_to_be_merged(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [span("2023-01-01", "2023-06-30"), span("2023-06-01", "2023-09-30"),
            span("2023-10-02", "2023-12-31")]  # fmt: skip
    assert tell(desk, tmp_path, "eligibility", of_rows(*rows)).outcome.accepted == 3
    ended = span("2023-01-01", "2023-03-31", sender_sequence="2")
    told = tell(desk, tmp_path, "eligibility", of_rows(ended))
    assert told.outcome.accepted == 1
    causes = desk.rows(
        "select cause from ops.change where payor_id = %s and receipt_id = %s",
        desk.payor,
        told.outcome.receipt_id,
    )
    assert causes == [("receipt",)]


REUSED = {
    "two birth dates": {"birth_date": "1991-01-02"},
    "two sexes": {"gender": "male"},
    "both": {"birth_date": "1991-01-02", "gender": "male"},
}


@pytest.mark.case(66)
@pytest.mark.parametrize("name", REUSED)
def test_one_id_for_two_people_keeps_both_out(
    name: str, desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    others = [span("2022-01-01", "", person_id=f"P{n}", member_id=f"M{n}") for n in range(6, 9)]
    third = span("2021-01-01", "2021-12-31")
    told = tell(
        desk,
        tmp_path,
        "eligibility",
        of_rows(SPAN, *others, span("2024-01-01", "", person_id="P2", **REUSED[name]), third),
    )
    assert told.outcome.quarantined == {"M-IDREUSE": 3}
    assert "line 2 field member_id" in told.says("M-IDREUSE")
    assert stored(desk, "eligibility", "member_id") == ["M6", "M7", "M8"]
    # nobody is linked by what stays out
    with connect(settings) as conn:
        known = conn.execute(
            "select source_key from vault.identity where payor_id = %s order by 1", (desk.payor,)
        )
        assert known.fetchall() == [("M6",), ("M7",), ("M8",)]


@pytest.mark.case(66)
def test_what_is_no_second_person(desk: Desk, tmp_path: Path) -> None:
    """A value that is missing, a corrected version, another id of the same person."""
    rows = [
        SPAN,
        span("2024-01-01", "", birth_date="", gender="FEMALE"),
        span("2023-01-01", "2023-12-31", birth_date="1980-05-18", sender_sequence="2"),
        span("2023-01-01", "2023-12-31", person_id="P1", member_id="M1-B"),
    ]
    told = tell(desk, tmp_path, "eligibility", of_rows(*rows))
    assert (told.outcome.accepted, told.outcome.quarantined) == (4, {})


PLACEHOLDERS = {
    "newborn": {"first_name": "BABY BOY"},
    "newborn with a hyphen": {"first_name": "Baby-Girl"},
    "unknown name": {"last_name": "Unknown"},
    "twin": {"first_name": "TWIN A"},
    "day": {"birth_date": "1900-01-01"},
    "number of zeros": {"social_security_number": "000-00-0000"},
    "number never issued": {"social_security_number": "000-12-3456"},
    "number of nines": {"social_security_number": "999999999"},
    "number of one digit": {"social_security_number": "111-11-1111"},
}


@pytest.mark.case(67)
@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_values_that_say_nothing_are_told(name: str, desk: Desk, tmp_path: Path) -> None:
    rows = [SPAN, {**SPAN, "person_id": "P2", "member_id": "M2", **PLACEHOLDERS[name]}]
    told = tell(desk, tmp_path, "eligibility", of_rows(*rows))
    assert told.outcome.accepted == 2
    assert "(1 rows)" in told.says("W-PLACEHOLDER")


@pytest.mark.case(67)
def test_real_values_are_not_told(desk: Desk, tmp_path: Path) -> None:
    rows = [{**SPAN, "first_name": "Mary", "social_security_number": "212-09-9999"}]
    assert tell(desk, tmp_path, "eligibility", of_rows(*rows)).outcome.messages == ()
