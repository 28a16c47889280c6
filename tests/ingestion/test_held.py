"""Files that are readable and wait for a steward all the same: nothing of them enters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion import load, receipts
from ingestion.messages import RULES
from ingestion.outcome import Outcome
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.files import ELIGIBILITY, PHARMACY, canonical, numbered, put
from tests.ingestion.test_x12_load import text
from tests.ingestion.test_x12_money import ENROL
from tests.ingestion.x12_files import HEAD_837, claim, interchange
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse

FULL = "deliveries:\n  eligibility: full\n  absent_members: ends_coverage\n"
CHANGE = "deliveries:\n  eligibility: change\n"


@pytest.fixture
def desk_of(
    add_payor: Callable[..., Payor], open_desk: Callable[[str], Desk]
) -> Callable[[str], Desk]:
    """The intake of a fresh payor with more lines in its file."""
    return lambda more: open_desk(add_payor(more=more).payor_id)


def is_held(desk: Desk, outcome: Outcome, code: str, stored: dict[str, int]) -> bool:
    """State, code, message and store of a held file; its message holds no value."""
    row = desk.rows(
        "select state, code, lines from ops.receipt where receipt_id = %s", outcome.receipt_id
    )[0]
    (message,) = outcome.messages
    assert (outcome.state, outcome.code) == ("held", code)
    assert row == ("held", code, None)
    assert desk.stored() == stored
    assert message.startswith(f"[{code}] {desk.payor}/{outcome.feed} file ")
    assert "Did: held the file for a steward, nothing was stored." in message
    assert message.endswith(f"Sender should: {RULES[code].fix}.")
    return True


def people(count: int, first: int = 0, **changes: str) -> list[dict[str, str]]:
    return [
        {**ELIGIBILITY, "person_id": f"P{n}", "member_id": f"M{n}", **changes}
        for n in range(first, first + count)
    ]


@pytest.mark.case(2)
def test_nothing_where_rows_are_usual(desk: Desk, tmp_path: Path) -> None:
    empty = b"claim_id,claim_line_number,person_id,dispensing_date\n#TRAILER,0,0.00\n"
    empty = empty.replace(b"dispensing_date", b"dispensing_date,paid_amount")
    first = desk.receive("pharmacy_claim", put(tmp_path, empty))
    assert (first.state, first.code) == ("loaded", None)
    assert "[W-NOROWS]" in first.messages[0]
    for count in (20, 30, 40):
        path = put(tmp_path, canonical(numbered(PHARMACY, count)))
        assert desk.receive("pharmacy_claim", path).state == "loaded"
    before = desk.stored()
    again = desk.receive("pharmacy_claim", put(tmp_path, empty.replace(b"0.00", b"0.000")))
    assert is_held(desk, again, "W-NOROWS", before)


@pytest.mark.case(9)
@pytest.mark.parametrize("name", ["pharmacy_claim_20260701_01.csv", "claims.csv"])
def test_a_second_version_of_a_file(name: str, desk: Desk, tmp_path: Path) -> None:
    assert desk.receive("pharmacy_claim", put(tmp_path, canonical(ROWS), name)).state == "loaded"
    before = desk.stored()
    other = canonical(numbered(PHARMACY, 12, paid_amount="13.00"))
    second = desk.receive("pharmacy_claim", put(tmp_path, other, name))
    assert is_held(desk, second, "H-RESEND", before)
    again = desk.receive("pharmacy_claim", put(tmp_path, other, f"other_{name}"))
    assert (again.state, again.code) == ("duplicate", "I-DUP")


@pytest.mark.case(9)
def test_another_day_or_another_name_is_no_second_version(desk: Desk, tmp_path: Path) -> None:
    for at, (name, day) in enumerate(
        [("p_202607_01.csv", DAY), ("p_202607_02.csv", DAY), ("p_202607_01.csv", DAY + DAYS(1))]
    ):
        path = put(tmp_path, canonical(numbered(PHARMACY, 5 + at)), name)
        got = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, day)
        assert load.load_receipt(desk.conn, got).state == "loaded"


def DAYS(count: int) -> timedelta:  # noqa: N802 - reads like a unit
    return timedelta(days=count)


ROWS = numbered(PHARMACY, 12)


@pytest.mark.case(10)
def test_numbers_that_leave_a_gap_or_go_back(desk: Desk, tmp_path: Path) -> None:
    found = {}
    for at, name in enumerate(
        ("20260701_01", "20260701_02", "20260701_05", "20260702_01", "20260703_03", "20260702_02")
    ):
        content = canonical(numbered(PHARMACY, 3 + at))
        path = put(tmp_path, content, f"pharmacy_claim_{name}.csv")
        outcome = desk.receive("pharmacy_claim", path)
        assert outcome.state == "loaded"
        found[name] = [text for text in outcome.messages if text.startswith("[W-SEQ]")]
    assert [name for name, texts in found.items() if texts] == [
        "20260701_05", "20260703_03", "20260702_02",
    ]  # fmt: skip
    assert "found missing(2). Did: accepted with a warning." in found["20260701_05"][0]
    assert "found out-of-range." in found["20260702_02"][0]
    warned = desk.one(
        "select count(*) from ops.receipt where payor_id = %s and warnings = 'W-SEQ'", desk.payor
    )
    assert warned == 3


@pytest.mark.case(23)
def test_a_column_too_many_is_held_and_a_renamed_one_refused(desk: Desk, tmp_path: Path) -> None:
    assert desk.receive("pharmacy_claim", put(tmp_path, canonical(ROWS))).state == "loaded"
    before = desk.stored()
    added = canonical(numbered(PHARMACY, 9, canary_column="y"))
    outcome = desk.receive("pharmacy_claim", put(tmp_path, added))
    assert is_held(desk, outcome, "H-SCHEMA", before)
    assert "found unknown-column(8)" in outcome.messages[0]
    assert "canary" not in outcome.messages[0]
    renamed = desk.receive(
        "pharmacy_claim", put(tmp_path, canonical(ROWS[:7]).replace(b"ndc_code", b"drug_code"))
    )
    assert (renamed.state, renamed.code) == ("refused", "E-SCHEMA")
    assert "field ndc_code" in renamed.messages[0]
    assert desk.stored() == before


@pytest.mark.case(35)
@pytest.mark.parametrize(("amount", "found"), [("1250.00", "100 times"), ("0.125", "1/100")])
def test_cents_for_dollars(amount: str, found: str, desk: Desk, tmp_path: Path) -> None:
    for count in (11, 12, 13):
        path = put(tmp_path, canonical(numbered(PHARMACY, count)))
        assert desk.receive("pharmacy_claim", path).state == "loaded"
    before = desk.stored()
    rows = numbered(PHARMACY, 20, paid_amount=amount)
    body = canonical(rows).replace(b"2.50\n", b"2.500\n")
    outcome = desk.receive("pharmacy_claim", put(tmp_path, body))
    assert is_held(desk, outcome, "H-UNIT", before)
    assert f"found out-of-range({found})" in outcome.messages[0]
    few = canonical(numbered(PHARMACY, 9, paid_amount=amount)).replace(b"1.12\n", b"1.125\n")
    assert desk.receive("pharmacy_claim", put(tmp_path, few)).state == "loaded"


@pytest.mark.case(47)
def test_a_used_control_number_with_new_content(desk: Desk, tmp_path: Path) -> None:
    first = put(tmp_path, text(interchange([*HEAD_837, *claim()])))
    assert desk.receive("medical_claim", first, "x12").state == "loaded"
    before = desk.stored()
    again = put(tmp_path, text(interchange([*HEAD_837, *claim("C9")])))
    assert is_held(desk, desk.receive("medical_claim", again, "x12"), "X-DUPCTL", before)


@pytest.mark.case(62)
def test_a_full_file_that_ends_many_members(desk_of: Callable[[str], Desk], tmp_path: Path) -> None:
    desk = desk_of(FULL)
    assert desk.receive("eligibility", put(tmp_path, canonical(people(100)))).state == "loaded"
    before = desk.stored()
    ended = [*people(69), *people(31, 69, enrollment_end_date="2026-06-30")]
    outcome = desk.receive("eligibility", put(tmp_path, canonical(ended)))
    assert is_held(desk, outcome, "M-DROP", before)
    assert "found out-of-range(31 % end)" in outcome.messages[0]
    fewer = desk.receive("eligibility", put(tmp_path, canonical(people(90))))
    assert is_held(desk, fewer, "M-DROP", before)
    assert "found out-of-range(10 % fewer)" in fewer.messages[0]
    good = [*people(71), *people(22, 71, enrollment_end_date="2026-06-30")]
    assert desk.receive("eligibility", put(tmp_path, canonical(good))).state == "loaded"


@pytest.mark.case(63)
def test_a_full_file_without_a_rule_for_absence(
    desk_of: Callable[[str], Desk], tmp_path: Path
) -> None:
    desk = desk_of("deliveries:\n  eligibility: full\n")
    outcome = desk.receive("eligibility", put(tmp_path, canonical(people(30))))
    assert is_held(desk, outcome, "M-RULE", {})


@pytest.mark.case(64)
def test_a_change_file_sent_as_full_and_the_reverse(
    desk_of: Callable[[str], Desk], tmp_path: Path
) -> None:
    full, change = desk_of(FULL), desk_of(CHANGE)
    for desk in (full, change):
        got = desk.receive("eligibility", put(tmp_path, canonical(people(50))))
        assert got.state == "loaded"
    few = put(tmp_path, canonical(people(3)))
    everybody = put(tmp_path, canonical(people(48)))
    assert is_held(full, full.receive("eligibility", few), "M-MODE", full.stored())
    assert change.receive("eligibility", few).state == "loaded"
    before = change.stored()
    assert is_held(change, change.receive("eligibility", everybody), "M-MODE", before)


@pytest.mark.case(64)
@pytest.mark.parametrize(("more", "mode", "state"), [
    (FULL, "2", "held"), (FULL, "4", "loaded"), (CHANGE, "4", "held"), (CHANGE, "2", "loaded"),
])  # fmt: skip
def test_an_834_that_says_what_it_is(
    more: str, mode: str, state: str, desk_of: Callable[[str], Desk], tmp_path: Path
) -> None:
    desk = desk_of(more)
    member: Any = [
        "INS*Y*18*021*28*A***FT",
        "REF*0F*S1",
        "DTP*356*D8*20240101",
        "NM1*IL*1*LOVELACE*ADA****34*S1",
        "HD*021**HLT",
        "DTP*348*D8*20240101",
    ]
    sets = [f"BGN*00*1*20260101*0900****{mode}", *member]
    outcome = desk.receive(
        "eligibility", put(tmp_path, text(interchange(sets, guide=ENROL))), "x12"
    )
    assert outcome.state == state
    assert state == "loaded" or is_held(desk, outcome, "M-MODE", {})


def test_a_registered_file_that_vanishes(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / desk.payor / "pharmacy_claim"
    folder.mkdir(parents=True)
    path = put(folder, canonical(ROWS))
    receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
    path.unlink()
    assert receipts.waiting(desk.conn, desk.payor, tmp_path) == []
    assert desk.rows("select state, code from ops.receipt where payor_id = %s", desk.payor) == [
        ("refused", "E-GONE")
    ]
    again = [("pharmacy_claim", put(folder, canonical(ROWS)))]
    assert receipts.unregistered(desk.conn, desk.payor, again) == again
