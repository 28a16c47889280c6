"""Files into the warehouse: all or nothing, once, every line accounted for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

import ingestion
from ingestion import lexical, load, receipts, stream, touched
from ingestion.check import check_file
from ingestion.contract import load_feed, load_layout
from ingestion.copying import copy_rows
from ingestion.errors import LoadFailedError
from ingestion.load import Outcome
from ingestion.reader import FileReader, Rejected
from ingestion.stream import TextFile
from tests.ingestion.bad_files import CASES, GOOD, TEN, Case
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.files import (
    CONSULTATION,
    ELIGIBILITY,
    MEDICAL,
    PHARMACY,
    ROWS,
    canonical,
    lines,
    numbered,
    packed,
    put,
    raw,
)

pytestmark = pytest.mark.warehouse

LEDGER = """
    select lines, header_lines, trailer_lines, blank_lines, accepted, quarantined, state, code
    from ops.receipt
    where receipt_id = %s
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_load_does_what_check_says(case: Case, catalogue_desk: Desk, tmp_path: Path) -> None:
    desk, path = catalogue_desk, put(tmp_path, case.content)
    before = desk.stored()
    report = check_file(path, case.layout)
    outcome = desk.receive(case.feed, path, case.layout)
    assert outcome.state == (case.state if case.refused else "loaded")
    if case.refused:
        assert (outcome.code, report.refused) == (case.refused, case.refused)
        assert desk.stored() == before
        assert desk.rows(LEDGER, outcome.receipt_id)[0][6:] == (case.state, case.refused)
        return
    assert (outcome.rows, outcome.accepted) == (report.rows, report.accepted)
    assert outcome.quarantined == report.quarantined == case.quarantined
    _every_line_is_accounted_for(desk, outcome, case)


def _every_line_is_accounted_for(desk: Desk, outcome: Outcome, case: Case) -> None:
    ledger = desk.rows(LEDGER, outcome.receipt_id)[0]
    assert ledger[0] == sum(ledger[1:6])
    stored = desk.one(
        f"select count(*) from {{raw}}.{case.feed} where receipt_id = %s", outcome.receipt_id
    )
    held = dict(
        desk.rows(
            "select code, count(*) from ops.quarantine where receipt_id = %s group by code",
            outcome.receipt_id,
        )
    )
    assert (stored, held) == (case.accepted, case.quarantined)
    assert ledger[4:6] == (stored, sum(held.values()))


@pytest.mark.parametrize("feed", sorted(ROWS))
def test_every_feed_is_stored_as_sent(feed: str, desk: Desk, tmp_path: Path) -> None:
    rows = numbered(ROWS[feed], 3)
    assert desk.receive(feed, put(tmp_path, canonical(rows))).accepted == 3
    # what identifies a person is not in raw: see tests/linking
    rows = [{k: v for k, v in row.items() if k in load_feed(feed).raw_names} for row in rows]
    names = list(rows[0])
    columns = ", ".join(f"coalesce({name}::text, '')" for name in names)
    stored = desk.rows(f"select record_no, {columns} from {{raw}}.{feed} order by record_no")
    kinds = ("money", "quantity")
    money = [name for name in names if load_feed(feed).column(name).type in kinds]
    expected = [{**row, **{name: f"{Decimal(row[name]):.4f}" for name in money}} for row in rows]
    assert stored == [(at, *row.values()) for at, row in enumerate(expected, 2)]


def test_quarantine_knows_place_and_column(desk: Desk, tmp_path: Path) -> None:
    body = lines(TEN)
    body[2] = body[2].replace("2024-02-29", "2024-02-30")
    body[7] = body[7].replace("12.50", "twelve")
    outcome = desk.receive("pharmacy_claim", put(tmp_path, raw(TEN, body)))
    found = desk.rows(
        "select record_no, code, field, state from ops.quarantine where receipt_id = %s"
        " order by record_no",
        outcome.receipt_id,
    )
    assert found == [
        (4, "Q-DATE", "dispensing_date", "quarantined"),
        (9, "Q-NUM", "paid_amount", "quarantined"),
    ]
    numbers = desk.rows("select record_no from {raw}.pharmacy_claim order by record_no")
    assert [number for (number,) in numbers] == [2, 3, 5, 6, 7, 8, 10, 11]


def test_the_same_bytes_under_another_name(desk: Desk, tmp_path: Path) -> None:
    first = desk.receive("pharmacy_claim", put(tmp_path, GOOD, "one.csv"))
    before = desk.stored()
    for content, name in ((GOOD, "two.csv"), (packed(GOOD), "three.csv.gz")):
        again = desk.receive("pharmacy_claim", put(tmp_path, content, name))
        assert (first.state, again.state, again.code) == ("loaded", "duplicate", "I-DUP")
        twin = desk.one(
            "select duplicate_of from ops.receipt where receipt_id = %s", again.receipt_id
        )
        assert twin == first.receipt_id
    assert desk.stored() == before


def test_a_refused_file_may_come_again(desk: Desk, tmp_path: Path) -> None:
    short = put(tmp_path, GOOD[:-1], "short.csv")
    assert [desk.receive("pharmacy_claim", short).code for _ in range(2)] == ["E-TRAILER"] * 2
    assert desk.receive("pharmacy_claim", put(tmp_path, GOOD, "whole.csv")).state == "loaded"


def test_two_processes_load_the_same_content(
    open_desk: Callable[[str], Desk], desk: Desk, tmp_path: Path
) -> None:
    path = put(tmp_path, canonical(numbered(PHARMACY, 2000)))
    desks = [open_desk(desk.payor) for _ in range(4)]
    start = threading.Barrier(len(desks))

    def run(one: Desk) -> str:
        receipt = receipts.register(
            one.conn, one.payor, "pharmacy_claim", "canonical_csv", path, DAY
        )
        start.wait(timeout=30)
        return load.load_receipt(one.conn, receipt).state

    with ThreadPoolExecutor(len(desks)) as pool:
        states = sorted(pool.map(run, desks))
    assert states == ["duplicate", "duplicate", "duplicate", "loaded"]
    assert desk.stored()["pharmacy_claim"] == 2000


def test_the_index_decides_where_the_lock_is_not_taken(
    open_desk: Callable[[str], Desk],
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = put(tmp_path, GOOD)
    twins = [
        receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
        for _ in range(2)
    ]
    monkeypatch.setattr(load, "_claim", lambda cursor, receipt: None)
    states = [load.load_receipt(desk.conn, receipt).state for receipt in twins]
    assert states == ["loaded", "duplicate"]
    assert desk.stored()["pharmacy_claim"] == 10


def test_loading_a_receipt_again_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path, GOOD)
    receipt = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
    states: list[str] = []
    before: dict[str, int] = {}
    for _ in range(2):
        states.append(load.load_receipt(desk.conn, receipt).state)
        before = before or desk.stored()
    assert states == ["loaded", "loaded"]
    assert desk.stored() == before


def test_a_file_that_changed_after_its_receipt(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path, GOOD)
    receipt = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
    put(tmp_path, canonical(numbered(PHARMACY, 11)), path.name)
    outcome = load.load_receipt(desk.conn, receipt)
    assert (outcome.state, outcome.code) == ("refused", "E-CHANGED")
    assert desk.stored() == {}


def test_a_crash_leaves_nothing_and_the_receipt_waits(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / desk.payor / "pharmacy_claim" / "any.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(GOOD)
    receipt = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
    with monkeypatch.context() as broken:
        broken.setattr(touched, "CHANGES", {"person": "select 1/0, ''"})
        with pytest.raises(LoadFailedError) as failure:
            load.load_receipt(desk.conn, receipt)
    assert failure.value.sqlstate == "22012"
    assert desk.stored() == {}
    (waiting,) = receipts.waiting(desk.conn, desk.payor, tmp_path)
    assert waiting == receipt
    assert load.load_receipt(desk.conn, waiting).state == "loaded"
    assert receipts.waiting(desk.conn, desk.payor, tmp_path) == []


def test_new_files_are_told_by_content(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / desk.payor / "pharmacy_claim"
    folder.mkdir(parents=True)
    put(folder, GOOD, "b.csv")
    put(folder, GOOD, "upload.csv.part")

    def new() -> list[str]:
        found = ingestion.discover(tmp_path, desk.payor, ["eligibility", "pharmacy_claim"])
        fresh = receipts.unregistered(desk.conn, desk.payor, found)
        for feed, path in fresh:
            desk.receive(feed, path)
        return [path.name for _, path in fresh]

    assert new() == ["b.csv"]
    assert new() == []
    put(folder, GOOD, "a.csv")
    assert len(new()) == 1
    assert new() == []
    states = desk.rows("select state from ops.receipt where payor_id = %s order by 1", desk.payor)
    assert states == [("duplicate",), ("loaded",)]


def test_changes_and_persons(desk: Desk, tmp_path: Path) -> None:
    spans = [ELIGIBILITY, {**ELIGIBILITY, "person_id": "P2", "member_id": ""}]
    versions = [
        MEDICAL,
        {**MEDICAL, "claim_id": "C1R", "original_claim_id": "C1", "sender_sequence": "2"},
        {**MEDICAL, "claim_id": "C9", "person_id": "P3", "member_id": "M3"},
    ]
    for feed, rows in (
        ("eligibility", spans),
        ("medical_claim", versions),
        ("pharmacy_claim", [PHARMACY]),
        ("consultation", [CONSULTATION]),
    ):
        assert desk.receive(feed, put(tmp_path, canonical(rows))).accepted == len(rows)
    persons = dict(
        desk.rows("select member_id, person_key from vault.person where payor_id = %s", desk.payor)
    )
    assert set(persons) == {"M1", "P2", "M3"}
    assert all(UUID(str(key)).version == 4 for key in persons.values())
    changes = desk.rows(
        "select feed, entity, key, cause from ops.change inner join ops.receipt using (receipt_id)"
        " where change.payor_id = %s",
        desk.payor,
    )
    assert {cause for *_, cause in changes} == {"receipt"}
    assert sorted((feed, entity, key) for feed, entity, key, _ in changes) == sorted(
        [
            ("eligibility", "person", str(persons["M1"])),
            ("eligibility", "person", str(persons["P2"])),
            ("medical_claim", "claim_family", _md5(desk, "C1")),
            ("medical_claim", "claim_family", _md5(desk, "C9")),
            ("pharmacy_claim", "person", str(persons["M1"])),
            ("consultation", "case", _md5(desk, "S1")),
        ]
    )


def _md5(desk: Desk, key: str) -> str:
    return str(desk.one("select md5(%s)", f"{desk.payor}|{key}"))


def test_a_dirty_file_does_not_hang(desk: Desk, tmp_path: Path) -> None:
    rows = numbered(PHARMACY, 20_000)
    body = lines(rows)
    body[::5] = [line.replace(",1,", ",one,") for line in body[::5]]
    outcome = desk.receive("pharmacy_claim", put(tmp_path, raw(rows, body)))
    assert (outcome.accepted, outcome.quarantined) == (16_000, {"Q-NUM": 4_000})


@pytest.mark.parametrize("block", [1 << 20, 1 << 13])
def test_what_only_the_database_rejects(
    block: int, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4,000 notices from COPY, more than any socket buffer holds, become quarantine rows."""
    rows = numbered(PHARMACY, 20_000)
    body = lines(rows)
    body[::5] = [line.replace("2024-02-29", "2024-02-30") for line in body[::5]]
    body[3] = body[3].replace(",1,", ",one,")
    path = put(tmp_path, raw(rows, body))
    receipt = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
    monkeypatch.setattr(lexical, "DATE", "[0-9-]{10}")
    monkeypatch.setattr(stream, "BLOCK", block)
    reader = FileReader(TextFile(path), load_feed("pharmacy_claim"), load_layout("canonical_csv"))
    stored = copy_rows(desk.conn, reader, f"raw_{desk.payor}", receipt.receipt_id)
    desk.conn.rollback()
    assert stored == 15_999
    judged, *noticed = reader.ledger.rejected
    assert judged == Rejected(5, "Q-NUM", "claim_line_number")
    assert [row.record_no for row in noticed] == list(range(2, 20_002, 5))
    assert {(row.code, row.field) for row in noticed} == {("Q-DATE", "dispensing_date")}
    assert (reader.ledger.accepted, reader.ledger.unreadable) == (15_999, 4_000)


def test_receipts_keep_no_file_name(desk: Desk, tmp_path: Path) -> None:
    desk.receive("pharmacy_claim", put(tmp_path, GOOD, "Ada_Lovelace_1815.csv"))
    text = desk.one(
        "select string_agg(receipt::text, '') from ops.receipt where payor_id = %s", desk.payor
    )
    assert "pharmacy_claim_" in text
    assert "lovelace" not in text.lower()


def test_no_value_in_messages_errors_or_notices(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = "CANARY1815"
    bad = {"member_id": canary, "dispensing_date": canary, "paid_amount": canary}
    said = []
    for column in bad:
        rows = numbered(PHARMACY, 3)
        body = lines([{**rows[0], **{"member_id": canary, column: canary}}, *rows[1:]])
        for content in (raw(rows, body), raw(rows, body)[:-1], raw(rows, [*body, canary])):
            outcome = desk.receive("pharmacy_claim", put(tmp_path, content, f"{canary}.csv"))
            said += [outcome.as_text(), str(outcome.as_json()), repr(outcome)]
    monkeypatch.setattr(load, "_quarantine", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.receive("pharmacy_claim", put(tmp_path, canonical(numbered(PHARMACY, 5))))
    said += map(str, desk.rows("select * from ops.quarantine where payor_id = %s", desk.payor))
    assert len(said) > 9
    assert canary not in f"{said} {capfd.readouterr()}"


def test_a_future_business_date_is_kept_as_told(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path, GOOD)
    day = date(2027, 2, 28)
    receipt = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, day)
    assert replace(receipt, business_date=DAY) != receipt
    query = "select business_date from ops.receipt where receipt_id = %s"
    assert desk.one(query, receipt.receipt_id) == day


def test_two_files_name_the_same_new_persons(
    open_desk: Callable[[str], Desk], desk: Desk, tmp_path: Path
) -> None:
    members = [{**ELIGIBILITY, "person_id": f"P{n}", "member_id": f"M{n}"} for n in range(3000)]
    paths = [put(tmp_path, canonical(rows), f"{at}.csv")
             for at, rows in enumerate((members, members[::-1]))]  # fmt: skip
    desks = [open_desk(desk.payor) for _ in paths]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda d, p: d.receive("eligibility", p), desks, paths))
    assert [outcome.state for outcome in outcomes] == ["loaded", "loaded"]
    assert desk.stored() == {"eligibility": 6000, "ops.change": 6000, "vault.person": 3000}
