"""Flat claims, cases 27 to 42: what stays out, what is told, and what is kept for later steps."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from psycopg2 import errors

from ingestion import repeats
from ingestion.check import check_file
from tests.ingestion.cases.told import CANARY, of_rows, paid, spoiled, stored, tell
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.files import MEDICAL, PHARMACY, canonical, lines, numbered, put, raw

pytestmark = pytest.mark.warehouse

CLAIM = {**MEDICAL, "member_id": CANARY, "charge_amount": "200.00", "allowed_amount": "120.00",
         "claim_line_start_date": "2024-01-31", "paid_date": "2024-02-20",
         "adjustment_type": ""}  # fmt: skip
FILL = {**PHARMACY, "member_id": CANARY}


def claim(number: str, **changes: str) -> dict[str, str]:
    return {**CLAIM, "claim_id": number, **changes}


@pytest.mark.case(27)
def test_an_identical_line_counts_once(desk: Desk, tmp_path: Path) -> None:
    rows = [claim("C1"), claim("C2"), claim("C1"), claim("C3"), claim("C1")]
    told = tell(desk, tmp_path, "medical_claim", of_rows(*rows))
    assert (told.outcome.rows, told.outcome.accepted) == (5, 3)
    assert told.outcome.skipped == {"I-DUPROW": 2}
    assert "count(2)" in told.says("I-DUPROW")
    assert stored(desk, "medical_claim") == ["C1", "C2", "C3"]
    # the trailer counts and adds what was sent; the receipt what was stored
    assert paid(desk, told) == Decimal(300)
    assert told.report.paid_amount == "300.00"


@pytest.mark.case(27)
def test_lines_that_only_look_alike_are_all_taken_in(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hash that says the same of every line of one length, contents decide."""
    monkeypatch.setattr(repeats, "look", len)
    rows = [claim(f"C{number}") for number in (1, 2, 3, 1, 4)]
    told = tell(desk, tmp_path, "medical_claim", of_rows(*rows))
    assert (told.outcome.accepted, told.outcome.skipped) == (4, {"I-DUPROW": 1})
    assert sorted(stored(desk, "medical_claim")) == ["C1", "C2", "C3", "C4"]


@pytest.mark.case(27)
def test_bad_lines_and_rows_of_other_feeds_may_repeat(desk: Desk, tmp_path: Path) -> None:
    rows = [claim(f"C{n}") for n in range(8)]
    body = lines([*rows[:6], {**rows[6], "paid_amount": "x"}, {**rows[6], "paid_amount": "x"}])
    told = tell(desk, tmp_path, "medical_claim", raw(rows, body))
    assert told.outcome.quarantined == {"Q-NUM": 2}


@pytest.mark.case(28)
def test_two_values_of_one_line_are_both_kept_for_final_action(desk: Desk, tmp_path: Path) -> None:
    """Which one holds needs the whole family, which may lie in other files."""
    rows = [claim("C1"), claim("C1", paid_amount="90.00")]
    assert tell(desk, tmp_path, "medical_claim", of_rows(*rows)).outcome.accepted == 2
    assert stored(desk, "medical_claim", "paid_amount") == ["100.0000", "90.0000"]


@pytest.mark.case(29, 30, 50)
@pytest.mark.parametrize("kind", ["replacement", "void", "reversal"])
def test_versions_of_unknown_claims_are_kept_and_mark_their_family(
    kind: str, desk: Desk, tmp_path: Path
) -> None:
    late = claim("C1R", original_claim_id="C1", adjustment_type=kind, sender_sequence="2")
    assert tell(desk, tmp_path, "medical_claim", of_rows(late)).outcome.accepted == 1
    key = desk.one("select md5(%s)", f"{desk.payor}|C1")
    found = desk.rows("select entity, key from ops.change where payor_id = %s", desk.payor)
    assert found == [("claim_family", key)]


@pytest.mark.case(31)
def test_signs_are_kept_as_sent(desk: Desk, tmp_path: Path) -> None:
    rows = [claim("C1", adjustment_type="void"),
            claim("C2", adjustment_type="reversal", paid_amount="-100.00",
                  allowed_amount="-120.00", charge_amount="-200.00")]  # fmt: skip
    assert tell(desk, tmp_path, "medical_claim", of_rows(*rows)).outcome.accepted == 2
    assert stored(desk, "medical_claim", "paid_amount") == ["100.0000", "-100.0000"]


@pytest.mark.case(32)
def test_a_claims_own_amount_is_kept_beside_its_lines(desk: Desk, tmp_path: Path) -> None:
    rows = [claim("C1", claim_line_number=n, claim_paid_amount="150.00") for n in ("1", "2")]
    assert tell(desk, tmp_path, "medical_claim", of_rows(*rows)).outcome.accepted == 2
    assert stored(desk, "medical_claim", "claim_paid_amount") == ["150.0000"] * 2


ORDERS = {
    "paid more than allowed": {"paid_amount": "120.01"},
    "allowed more than charged": {"allowed_amount": "200.01"},
    "paid more than charged, nothing allowed": {"paid_amount": "201.00", "allowed_amount": ""},
    "a reversal of more than was allowed": {
        "paid_amount": "-121.00", "allowed_amount": "-120.00", "charge_amount": "-200.00",
        "adjustment_type": "reversal",
    },
}  # fmt: skip


@pytest.mark.case(33)
@pytest.mark.parametrize("name", ORDERS)
def test_amounts_out_of_order_keep_the_claim_out(name: str, desk: Desk, tmp_path: Path) -> None:
    rows = [claim(f"C{n}") for n in range(1, 6)]
    bad = claim("C9", claim_line_number="2", **ORDERS[name])
    told = tell(desk, tmp_path, "medical_claim", of_rows(*rows, claim("C9"), bad))
    assert told.outcome.quarantined == {"Q-ORDER": 2}
    assert "field paid_amount" in told.says("Q-ORDER")
    assert stored(desk, "medical_claim") == ["C1", "C2", "C3", "C4", "C5"]
    assert paid(desk, told) == Decimal(500)
    assert told.report.paid_amount == "500.00"


@pytest.mark.case(33)
def test_rows_leave_only_while_their_file_is_taken_in(desk: Desk, tmp_path: Path) -> None:
    """The loader may not delete, and takes nothing back from a file that is loaded."""
    told = tell(desk, tmp_path, "medical_claim", of_rows(claim("C1")))
    receipt = told.outcome.receipt_id
    with pytest.raises(errors.IntegrityConstraintViolation):
        desk.rows("select ops.take_back(%s, 'medical_claim', array[2])", receipt)
    with pytest.raises(errors.InsufficientPrivilege):
        desk.rows("delete from {raw}.medical_claim where receipt_id = %s returning 1", receipt)
    assert stored(desk, "medical_claim") == ["C1"]


@pytest.mark.case(33)
def test_denials_and_missing_amounts_are_in_order(desk: Desk, tmp_path: Path) -> None:
    rows = [
        claim("C1", claim_status="denied", paid_amount="0.00", allowed_amount="0.00"),
        claim("C2", claim_status="denied", paid_amount="0.00", allowed_amount=""),
        claim("C3", paid_amount="", allowed_amount="", charge_amount="10.00"),
        claim("C4", paid_amount="120.00"),
    ]
    assert tell(desk, tmp_path, "medical_claim", of_rows(*rows)).outcome.accepted == 4


@pytest.mark.case(33)
def test_a_layout_that_says_so_is_only_told(desk: Desk, tmp_path: Path) -> None:
    """Senders of other layouts follow rules of their own."""
    row = {**CLAIM, "paid_amount": "120.01", "data_source": "x", "file_name": "x",
           "ingest_datetime": "x"}  # fmt: skip
    text = "\n".join([",".join(row), *lines([row]), ""])
    told = tell(desk, tmp_path, "medical_claim", text.encode(), "tuva_0_18")
    assert (told.outcome.accepted, told.outcome.quarantined) == (1, {})
    assert "accepted with a warning" in told.says("Q-ORDER")


@pytest.mark.case(34)
@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e5", "1_000", "１２", "1,234.50", "(12.00)", CANARY]
)
def test_what_is_no_number(text: str, desk: Desk, tmp_path: Path) -> None:
    told = tell(desk, tmp_path, "pharmacy_claim", spoiled(FILL, 1, 9, paid_amount=text))
    assert told.outcome.quarantined == {"Q-NUM": 1}
    assert "line 11 field paid_amount" in told.says("Q-NUM")


@pytest.mark.case(36)
@pytest.mark.parametrize("text", ["today", "infinity", "epoch", "9999-12-31", "00000000", CANARY])
def test_words_for_dates(text: str, desk: Desk, tmp_path: Path) -> None:
    told = tell(desk, tmp_path, "pharmacy_claim", spoiled(FILL, 1, 9, dispensing_date=text))
    assert told.outcome.quarantined == {"Q-DATE": 1}
    assert "found not-a-date(1 rows)" in told.says("Q-DATE")


@pytest.mark.case(37)
@pytest.mark.parametrize("text", ["02/03/24", "2024-13-01", "2024-02-30", "03.02.2024"])
def test_a_date_of_another_form(text: str, desk: Desk, tmp_path: Path) -> None:
    told = tell(desk, tmp_path, "pharmacy_claim", spoiled(FILL, 2, 9, dispensing_date=text))
    assert told.outcome.quarantined == {"Q-DATE": 2}


@pytest.mark.case(37)
@pytest.mark.parametrize(("bad", "good"), [(20, 30), (21, 4179), (21, 4178)])
def test_bad_dates_beyond_half_a_percent_refuse_the_file(
    bad: int, good: int, desk: Desk, tmp_path: Path
) -> None:
    content = spoiled(FILL, bad, good, dispensing_date="02/03/24")
    outcome = tell(desk, tmp_path, "pharmacy_claim", content).outcome
    if (bad, good) == (21, 4178):
        assert (outcome.state, outcome.code) == ("refused", "Q-DATE")
        assert "refused the whole file" in outcome.messages[0]
        assert desk.stored() == {}
    else:
        assert outcome.quarantined == {"Q-DATE": bad}


TIMES = {
    "after its payment": {"paid_date": "2024-01-30"},
    "after the file came": {"claim_line_start_date": "2026-07-02", "paid_date": ""},
    "as a claim after its payment": {"claim_line_start_date": "", "paid_date": "2024-01-30"},
}


@pytest.mark.case(38)
@pytest.mark.parametrize("name", TIMES)
def test_care_out_of_time(name: str, desk: Desk, tmp_path: Path) -> None:
    rows = [claim(f"C{n}") for n in range(1, 6)]
    told = tell(desk, tmp_path, "medical_claim", of_rows(*rows, claim("C9", **TIMES[name])))
    assert told.outcome.quarantined == {"Q-TIME": 1}
    assert "line 7 field claim_line_start_date" in told.says("Q-TIME")


@pytest.mark.case(38)
def test_care_on_the_day_of_its_payment_and_of_its_file(desk: Desk, tmp_path: Path) -> None:
    day = DAY.isoformat()
    rows = [claim("C1", claim_line_start_date=day, paid_date=day)]
    assert tell(desk, tmp_path, "medical_claim", of_rows(*rows)).outcome.accepted == 1
    fills = [{**FILL, "dispensing_date": "2026-07-02"}, {**FILL, "claim_id": "R2"}]
    told = tell(desk, tmp_path, "pharmacy_claim", of_rows(*fills))
    assert told.outcome.quarantined == {"Q-TIME": 1}


CODES = {
    "ICD-9 after 2015-09": ("icd-9-cm", "4280"),
    "ICD-9 said to be ICD-10": ("icd-10-cm", "428.0"),
    "no code at all": ("icd-10-cm", "HEART"),
}


@pytest.mark.case(39)
@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("bad", [1, 2])
def test_codes_that_are_not_of_their_system(
    name: str, bad: int, desk: Desk, tmp_path: Path
) -> None:
    """Beyond 5 % of the rows they stay out."""
    kind, code = CODES[name]
    sound = {**CLAIM, "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": "I50.9"}
    content = spoiled(sound, bad, 19, diagnosis_code_type=kind, diagnosis_code_1=code)
    told = tell(desk, tmp_path, "medical_claim", content)
    if bad == 1:
        assert (told.outcome.accepted, told.outcome.quarantined) == (20, {})
        assert "(1 rows)" in told.says("W-CODE")
    else:
        assert told.outcome.quarantined == {"W-CODE": 2}


@pytest.mark.case(39)
def test_old_claims_in_the_code_system_of_their_day(desk: Desk, tmp_path: Path) -> None:
    old = {"claim_line_start_date": "2015-09-30", "diagnosis_code_type": "icd-9-cm"}
    rows = [claim(f"C{n}", **old, diagnosis_code_1=code)
            for n, code in enumerate(["428.0", "V10.1", "E880", "0030"])]  # fmt: skip
    told = tell(desk, tmp_path, "medical_claim", of_rows(*rows))
    assert (told.outcome.accepted, told.outcome.messages) == (4, ())


@pytest.mark.case(40)
def test_two_people_on_one_claim_are_kept_for_final_action(desk: Desk, tmp_path: Path) -> None:
    rows = [claim("C1"), claim("C1", claim_line_number="2", person_id="P2", member_id="M2")]
    assert tell(desk, tmp_path, "medical_claim", of_rows(*rows)).outcome.accepted == 2
    assert stored(desk, "medical_claim", "person_id") == ["P1", "P2"]


@pytest.mark.case(41)
def test_a_member_nobody_knows_is_kept_and_known_from_now_on(desk: Desk, tmp_path: Path) -> None:
    """Eligibility may come later: order decides nothing. The share of such claims is a gate."""
    assert tell(desk, tmp_path, "medical_claim", of_rows(claim("C1"))).outcome.accepted == 1
    persons = desk.rows("select member_id from vault.person where payor_id = %s", desk.payor)
    assert persons == [(CANARY,)]


@pytest.mark.case(42)
@pytest.mark.parametrize("column", ["claim_id", "member_id", "person_id"])
@pytest.mark.parametrize("text", ["1.23E+11", "1E+05", "1,23E+11"])
def test_ids_in_exponent_form(column: str, text: str, desk: Desk, tmp_path: Path) -> None:
    alone = tell(desk, tmp_path, "pharmacy_claim", spoiled(FILL, 1, 9, **{column: text}))
    assert alone.outcome.quarantined == {"Q-IDFMT": 1}
    many = tell(desk, tmp_path, "pharmacy_claim", spoiled(FILL, 2, 9, **{column: text}))
    assert (many.outcome.state, many.outcome.code) == ("refused", "E-IDFMT")
    assert f"field {column}" in many.outcome.messages[0]


@pytest.mark.case(42)
@pytest.mark.parametrize("text", ["1E5", "E+11", "1.23E+11X", "A+B", "1E-3"])
def test_ids_that_are_none_of_a_spreadsheets(text: str, desk: Desk, tmp_path: Path) -> None:
    assert tell(desk, tmp_path, "pharmacy_claim",
                of_rows({**FILL, "claim_id": text})).outcome.accepted == 1  # fmt: skip
    assert stored(desk, "pharmacy_claim") == [text]


@pytest.mark.case(42)
def test_ids_that_lost_their_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the contract says how wide they are."""
    own = Path("ingestion/contracts/layouts/canonical_csv.yml").read_text()
    own = own.replace("layout: canonical_csv", "layout: wide")
    own += "id_widths: {pharmacy_claim: {ndc_code: 11}}\n"
    (tmp_path / "wide.yml").write_text(own)
    monkeypatch.setenv("SECOND_OPINION_LAYOUTS", str(tmp_path))
    path = put(tmp_path, spoiled(FILL, 1, 9, ndc_code="440509685"))
    assert check_file(path, "wide", DAY).quarantined == {"Q-IDFMT": 1}
    assert check_file(path, "canonical_csv", DAY).quarantined == {}
    path = put(tmp_path, spoiled(FILL, 2, 9, ndc_code="440509685"))
    assert check_file(path, "wide", DAY).refused == "E-IDFMT"
    path = put(tmp_path, canonical(numbered(FILL, 3, ndc_code="440-5096")))
    assert check_file(path, "wide", DAY).accepted == 3


@pytest.mark.case(22, 37, 39)
def test_a_file_of_which_most_is_wrong_waits_for_a_steward(desk: Desk, tmp_path: Path) -> None:
    content = spoiled(FILL, 21, 20, paid_amount="x")
    told = tell(desk, tmp_path, "pharmacy_claim", content)
    assert (told.outcome.state, told.outcome.code) == ("held", "H-SHARE")
    assert desk.stored() == {}
    told = tell(desk, tmp_path, "pharmacy_claim", spoiled(FILL, 20, 5, paid_amount="x"))
    assert told.outcome.quarantined == {"Q-NUM": 20}
