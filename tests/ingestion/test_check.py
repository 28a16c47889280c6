"""Every file of the catalogue, judged without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion import stream
from ingestion.check import check_file, check_paths
from ingestion.errors import ContractError
from tests.ingestion.bad_files import CASES, GOOD, QUARANTINED, REFUSED, Case
from tests.ingestion.files import MEDICAL, ROWS, canonical, numbered, packed, put

KEYS = [
    "path", "layout", "feed", "refused", "rows", "accepted", "quarantined", "members", "claims",
    "charge_amount", "paid_amount", "first_service_date", "last_service_date",
]  # fmt: skip


def test_the_catalogue_holds_every_kind() -> None:
    codes = {case.refused for case in REFUSED} | {
        c for case in QUARANTINED for c in case.quarantined
    }
    assert codes == {
        "E-EMPTY", "E-TRUNC", "E-TRAILER", "E-COUNT", "E-TOTAL", "E-ENC", "E-NUL", "E-CTRL",
        "E-QUOTE", "E-SCHEMA", "H-SCHEMA", "E-NAME",
        "Q-LEN", "Q-COLS", "Q-NUM", "Q-DATE", "Q-REQ", "Q-CODE",
    }  # fmt: skip
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_of_the_catalogue(case: Case, tmp_path: Path) -> None:
    report = check_file(put(tmp_path, case.content), case.layout)
    assert (report.refused, report.accepted) == (case.refused, case.accepted)
    assert report.quarantined == case.quarantined
    assert report.rows == case.accepted + sum(case.quarantined.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_blocks_change_nothing(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, case.content)
    whole = check_file(path, case.layout)
    monkeypatch.setattr(stream, "BLOCK", 97 if len(case.content) < 10_000 else 4096)
    assert check_file(path, case.layout) == whole


def test_files_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    good = put(tmp_path, GOOD)
    reports = check_paths([tmp_path / "missing.csv", tmp_path, good])
    assert [report.refused for report in reports] == ["E-READ", "E-READ", None]


def test_the_report_has_the_public_keys_in_order(tmp_path: Path) -> None:
    report = check_file(put(tmp_path, GOOD))
    assert list(report.as_json()) == KEYS
    assert report.as_json() == {
        "path": report.path, "layout": "canonical_csv", "feed": "pharmacy_claim",
        "refused": None, "rows": 10, "accepted": 10, "quarantined": {}, "members": 1, "claims": 10,
        "charge_amount": "0.00", "paid_amount": "125.00",
        "first_service_date": "2024-02-29", "last_service_date": "2024-02-29",
    }  # fmt: skip


@pytest.mark.parametrize("feed", sorted(ROWS))
@pytest.mark.parametrize(("layout", "delimiter"), [("canonical_csv", ","), ("canonical_pipe", "|")])
def test_feed_and_layout_are_recognised(
    feed: str, layout: str, delimiter: str, tmp_path: Path
) -> None:
    content = canonical(numbered(ROWS[feed], 3), delimiter)
    report = check_file(put(tmp_path, packed(content) if delimiter == "|" else content))
    assert (report.layout, report.feed, report.accepted) == (layout, feed, 3)


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", b"#!/bin/sh\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"{}", b"\xff\xff"],
)
def test_a_file_of_no_known_kind(content: bytes, tmp_path: Path) -> None:
    report = check_file(put(tmp_path, content))
    assert report.feed is None
    assert report.refused is not None


def test_broken_bytes_do_not_hide_the_feed(tmp_path: Path) -> None:
    report = check_file(put(tmp_path, GOOD.replace(b"M1", b"M\0", 1)))
    assert (report.layout, report.feed) == ("canonical_csv", "pharmacy_claim")
    assert report.refused == "E-NUL"


def test_a_drifted_header_still_names_its_feed(tmp_path: Path) -> None:
    report = check_file(put(tmp_path, GOOD.replace(b"ndc_code", b"drug_code", 1)))
    assert (report.layout, report.feed) == ("canonical_csv", "pharmacy_claim")
    assert report.refused == "H-SCHEMA"


def test_amounts_cover_accepted_rows_only(tmp_path: Path) -> None:
    rows = [*numbered(MEDICAL, 3), {**MEDICAL, "claim_id": "C4", "claim_start_date": "never"}]
    report = check_file(put(tmp_path, canonical(rows)))
    assert (report.rows, report.accepted, report.paid_amount) == (4, 3, "300.00")


def test_an_unreadable_amount_leaves_the_total_unverified(tmp_path: Path) -> None:
    rows = numbered(MEDICAL, 3)
    content = canonical(rows).replace(b"2024-01-31,100.00", b"2024-01-31,1e2", 1)
    report = check_file(put(tmp_path, content))
    assert (report.refused, report.quarantined) == (None, {"Q-NUM": 1})


def test_an_unknown_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError):
        check_paths([put(tmp_path, GOOD)], layout="no_such_layout")


def test_every_cut_of_a_file_is_refused(tmp_path: Path) -> None:
    whole = canonical(numbered(MEDICAL, 4))
    for cut in range(len(whole)):
        report = check_file(put(tmp_path, whole[:cut]), "canonical_csv")
        assert report.refused is not None, f"{cut} bytes were taken in"
    assert check_file(put(tmp_path, whole), "canonical_csv").accepted == 4


def test_every_cut_of_a_compressed_file_is_refused(tmp_path: Path) -> None:
    whole = packed(canonical(numbered(MEDICAL, 4)))
    for cut in range(len(whole)):
        report = check_file(put(tmp_path, whole[:cut]), "canonical_csv")
        assert report.refused is not None, f"{cut} bytes were taken in"
    assert check_file(put(tmp_path, whole), "canonical_csv").accepted == 4
