"""Source records into several feeds: whole or not at all, counted, in one transaction."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from ingestion.check import check_file
from ingestion.contract import load_feed, load_layout
from ingestion.source import RowJudge
from tests.ingestion.conftest import Desk, identities

HEAD = ",".join([
    "DESYNPUF_ID", "CLM_ID", "CLM_FROM_DT", "CLM_THRU_DT",
    *(f"HCPCS_CD_{n}" for n in (1, 2, 3)), *(f"LINE_NCH_PMT_AMT_{n}" for n in (1, 2, 3)),
    "LINE_ALOWD_CHRG_AMT_1", *(f"LINE_PRCSG_IND_CD_{n}" for n in (1, 2, 3)),
])  # fmt: skip
GOOD = "P1,C1,20080101,20080102,99201,,99203,10.00,0.00,30.00,12.00,A,,<"
BENEFICIARY = ["BENE_ID", "BENE_BIRTH_DT", "BENE_SEX_IDENT_CD", "RFRNC_YR", "DEATH_DT", "DML_IND",
               "CITY_NAME", *(f"MDCR_ENTLMT_BUYIN_{n}_IND" for n in range(1, 13))]  # fmt: skip


def claims(folder: Path, *rows: str, end: str = "\n") -> Path:
    path = folder / "carrier.csv"
    path.write_text("\n".join([HEAD, *rows]) + end)
    return path


def beneficiary(folder: Path, months: str, city: str = "", **facts: str) -> Path:
    row = {"BENE_ID": "-7", "BENE_BIRTH_DT": "01-Feb-1950", "BENE_SEX_IDENT_CD": "2",
           "RFRNC_YR": "2015", "DML_IND": "INSERT", "CITY_NAME": city,
           **{f"MDCR_ENTLMT_BUYIN_{n}_IND": code for n, code in enumerate(months, 1)},
           **facts}  # fmt: skip
    path = folder / "beneficiary.csv"
    cells = ['"' + row.get(name, "").replace('"', '""') + '"' for name in BENEFICIARY]
    path.write_text("|".join(BENEFICIARY) + "\n" + "|".join(cells) + "\n")
    return path


@pytest.mark.warehouse
def test_lines_of_a_row_keep_their_place(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("medical_claim", claims(tmp_path, "", GOOD), "desynpuf")
    assert (outcome.state, outcome.rows, outcome.accepted) == ("loaded", 1, 1)
    columns = "record_no, expansion_no, claim_line_number, hcpcs_code, paid_amount::text"
    found = desk.rows(f"select {columns}, claim_status, denial_code from {{raw}}.medical_claim")
    assert sorted(found) == [
        (3, 1, 1, "99201", "10.0000", "paid", None),
        (3, 2, 3, "99203", "30.0000", "denied", "<"),
    ]
    ledger = "select lines, header_lines, blank_lines, accepted, targets from ops.receipt"
    assert desk.rows(f"{ledger} where receipt_id = %s", outcome.receipt_id) == [
        (3, 1, 1, 1, "medical_claim")
    ]


@pytest.mark.warehouse
@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (GOOD.replace("30.00", "3e1"), "Q-NUM", "paid_amount"),
        (GOOD.replace("20080102", "20080230"), "Q-DATE", "claim_end_date"),
        (GOOD.replace("20080102", "02/01/08"), "Q-DATE", "claim_end_date"),
        (GOOD.replace("P1,", ",", 1), "Q-REQ", "person_id"),
        (GOOD.replace("99203", "9" * 21), "Q-LEN", "hcpcs_code"),
        (GOOD + ",x", "Q-COLS", None),
        (GOOD.rpartition(",")[0], "Q-COLS", None),
    ],
)
def test_one_bad_line_holds_the_whole_record(
    bad: str, code: str, field: str | None, desk: Desk, tmp_path: Path
) -> None:
    path = claims(tmp_path, GOOD, bad.replace("C1", "C2"))
    assert check_file(path, "desynpuf").quarantined == {code: 1}
    outcome = desk.receive("medical_claim", path, "desynpuf")
    assert (outcome.accepted, outcome.quarantined) == (1, {code: 1})
    assert desk.rows("select record_no, code, field from ops.quarantine where receipt_id = %s",
                     outcome.receipt_id) == [(3, code, field)]  # fmt: skip
    assert desk.rows("select distinct claim_id from {raw}.medical_claim") == [("C1",)]


@pytest.mark.warehouse
def test_one_record_may_fill_two_feeds(desk: Desk, tmp_path: Path) -> None:
    path = beneficiary(tmp_path, "333000CCC001", city='Ünter "den", \\. Linden')
    outcome = desk.receive("eligibility", path, "bfd_rif")
    assert (outcome.state, outcome.accepted) == ("loaded", 1)
    spans = "select enrollment_start_date::text, enrollment_end_date::text from {raw}.eligibility"
    assert sorted(desk.rows(spans)) == [
        ("2015-01-01", "2015-03-31"), ("2015-07-01", "2015-09-30"), ("2015-12-01", "2015-12-31"),
    ]  # fmt: skip
    assert desk.rows("select person_id, gender from {raw}.member") == [("-7", "female")]
    held = identities(desk, "member", "source_key, gender, city")
    assert held == [("-7", "female", 'Ünter "den", \\. Linden')]
    targets = desk.one("select targets from ops.receipt where receipt_id = %s", outcome.receipt_id)
    assert targets == "eligibility,member"


@pytest.mark.warehouse
def test_a_person_without_coverage_is_known_and_not_covered(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("eligibility", beneficiary(tmp_path, "0" * 12), "bfd_rif")
    assert (outcome.state, outcome.accepted) == ("loaded", 1)
    assert desk.stored()["member"] == 1
    assert "eligibility" not in desk.stored()


def test_a_death_ends_its_span(tmp_path: Path) -> None:
    report = check_file(beneficiary(tmp_path, "3" * 12, DEATH_DT="15-APR-2015"))
    assert report.last_service_date == "2015-04-15"


def test_a_year_that_is_none_is_quarantined(tmp_path: Path) -> None:
    report = check_file(beneficiary(tmp_path, "3" * 12, RFRNC_YR="15"))
    assert report.quarantined == {"Q-DATE": 1}


@pytest.mark.warehouse
def test_another_feed_than_the_folders_is_refused(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("pharmacy_claim", claims(tmp_path, GOOD), "desynpuf")
    assert (outcome.state, outcome.code) == ("refused", "E-FEED")
    assert desk.stored() == {}


@pytest.mark.warehouse
def test_a_file_of_no_kind_of_the_layout_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    outcome = desk.receive("medical_claim", path, "desynpuf")
    assert (outcome.state, outcome.code) == ("refused", "E-SCHEMA")


@pytest.mark.parametrize("size", range(1, len(GOOD) - 12))
def test_no_cut_in_the_middle_of_a_row_is_taken_in(size: int, tmp_path: Path) -> None:
    path = claims(tmp_path, GOOD, GOOD[:size], end="")
    assert check_file(path, "desynpuf").refused == "E-TRUNC"


def test_many_ragged_rows_refuse_the_file(tmp_path: Path) -> None:
    assert check_file(claims(tmp_path, GOOD, "x", "y"), "desynpuf").refused == "Q-COLS"


@pytest.mark.warehouse
def test_nothing_stays_of_a_file_that_breaks_in_its_middle(desk: Desk, tmp_path: Path) -> None:
    rows = [GOOD.replace("C1", f"C{n}") for n in range(6000)]
    path = claims(tmp_path, *rows, 'P1,"C')
    outcome = desk.receive("medical_claim", path, "desynpuf")
    assert (outcome.state, outcome.code) == ("refused", "E-QUOTE")
    assert desk.stored() == {}


@pytest.mark.warehouse
def test_a_receipt_cannot_leave_a_target_out(desk: Desk, tmp_path: Path) -> None:
    """The ledger holds at commit over every table a file filled."""
    outcome = desk.receive("eligibility", beneficiary(tmp_path, "3" * 12), "bfd_rif")
    copy = """
        insert into ops.receipt (payor_id, feed, layout, file_sha256, plaintext_sha256, state,
            lines, header_lines, trailer_lines, blank_lines, accepted, quarantined, targets)
        select payor_id, feed, layout, 'x', 'x', state, lines, header_lines, trailer_lines,
            blank_lines, accepted, quarantined, 'claims,member'
        from ops.receipt where receipt_id = %s
    """
    with pytest.raises(psycopg2.Error), desk.conn, desk.conn.cursor() as cursor:
        cursor.execute(copy.replace("claims", "eligibility"), (outcome.receipt_id,))


@pytest.mark.parametrize("text", ["a\x00b", "a\x1fb", "a\x7fb"])
def test_what_cannot_be_stored_is_no_text(text: str) -> None:
    judge = RowJudge(load_feed("member"), load_layout("bfd_rif"))
    assert judge.reason({"person_id": "P", "city": text}) == ("Q-CTRL", "city")
    assert judge.reason({"person_id": "P", "city": "a\tb\u2028"}) is None
