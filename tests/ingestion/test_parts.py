"""Large files in tables of their own: the same rows, counts and refusals as any other file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from ingestion import load, parts
from tests.ingestion.conftest import Desk
from tests.ingestion.files import MEDICAL, PHARMACY, canonical, lines, numbered, put, raw

CODES = "select indexdef from pg_indexes where schemaname = %s and tablename = %s"


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(parts, "PART_FROM", 0)
    yield


def _parts(desk: Desk, feed: str) -> list[str]:
    query = "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass"
    return sorted(name for (name,) in desk.rows(query, f"raw_{desk.payor}.{feed}"))


def _keys(desk: Desk, table: str) -> set[str]:
    """Keys of a table, without its name and theirs."""
    found = desk.rows(CODES, f"raw_{desk.payor}", table)
    return {text.partition(" USING ")[2] for (text,) in found}


def test_a_part_is_its_file(desk: Desk, tmp_path: Path) -> None:
    body = lines(numbered(PHARMACY, 200))
    body[7] = body[7].replace("2024-02-29", "2024-02-30")
    body[8] = body[8] + ",x"
    outcome = desk.receive("pharmacy_claim", put(tmp_path, raw(numbered(PHARMACY, 200), body)))
    assert (outcome.state, outcome.accepted) == ("loaded", 198)
    assert outcome.quarantined == {"Q-DATE": 1, "Q-COLS": 1}
    (part,) = _parts(desk, "pharmacy_claim")
    numbers = desk.rows("select record_no, expansion_no, receipt_id from {raw}.pharmacy_claim")
    expected = {(n, 1, outcome.receipt_id) for n in range(2, 202) if n not in (9, 10)}
    assert set(numbers) == expected and len(numbers) == 198
    assert desk.one(f"select count(*) from only {part.partition('_part')[0]}") == 0
    assert desk.one("select count(*) from {raw}.pharmacy_claim where refills is not null") == 0


def test_a_part_is_finished_once(desk: Desk, tmp_path: Path) -> None:
    desk.receive("pharmacy_claim", put(tmp_path, canonical(numbered(PHARMACY, 50))))
    (part,) = _parts(desk, "pharmacy_claim")
    assert "vault.person" not in desk.stored()
    assert parts.finish(desk.conn, desk.payor) == 1
    stored = desk.stored()
    assert (stored["vault.person"], stored["ops.change"]) == (1, 1)
    assert _keys(desk, part.partition(".")[2]) == _keys(desk, "pharmacy_claim")
    assert parts.finish(desk.conn, desk.payor) == 0
    assert desk.stored() == stored


def test_one_change_stands_for_all_claims(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("medical_claim", put(tmp_path, canonical(numbered(MEDICAL, 30))))
    parts.finish(desk.conn, desk.payor)
    changes = desk.rows(
        "select entity, key, cause, receipt_id from ops.change where payor_id = %s", desk.payor
    )
    assert changes == [("claim_family", "", "receipt", outcome.receipt_id)]


def test_a_refused_large_file_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    whole = canonical(numbered(PHARMACY, 50))
    outcome = desk.receive(
        "pharmacy_claim", put(tmp_path, whole.replace(b"#TRAILER,50", b"#TRAILER,51"))
    )
    assert (outcome.state, outcome.code) == ("refused", "E-COUNT")
    assert _parts(desk, "pharmacy_claim") == []
    assert desk.stored() == {}


def test_a_large_file_is_loaded_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, canonical(numbered(PHARMACY, 50)))
    with monkeypatch.context() as broken:
        broken.setattr(load, "mark_part", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.receive("pharmacy_claim", path)
    assert _parts(desk, "pharmacy_claim") == []
    assert desk.receive("pharmacy_claim", path).state == "loaded"
    assert desk.receive("pharmacy_claim", path).state == "duplicate"
    assert desk.stored() == {"pharmacy_claim": 50}


def test_many_parts_become_few(desk: Desk, tmp_path: Path) -> None:
    for count in range(1, 11):
        rows = numbered(PHARMACY, 3 * count)
        desk.receive("pharmacy_claim", put(tmp_path, canonical(rows), f"{count}.csv"))
    before = desk.rows("select * from {raw}.pharmacy_claim order by receipt_id, record_no")
    assert parts.finish(desk.conn, desk.payor) == 10
    assert len(_parts(desk, "pharmacy_claim")) == 6
    after = desk.rows("select * from {raw}.pharmacy_claim order by receipt_id, record_no")
    assert after == before
    for part in _parts(desk, "pharmacy_claim"):
        assert _keys(desk, part.partition(".")[2]) == _keys(desk, "pharmacy_claim")


def test_a_part_takes_no_more_rows(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("pharmacy_claim", put(tmp_path, canonical(numbered(PHARMACY, 5))))
    (part,) = _parts(desk, "pharmacy_claim")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        desk.rows(f"insert into {part} select * from {part} returning 1")
    desk.conn.rollback()
    with pytest.raises(psycopg2.errors.IntegrityConstraintViolation, match="E-PART"):
        desk.rows(
            "select ops.open_part(%s, 'pharmacy_claim', %s, array['record_no'])",
            desk.payor,
            outcome.receipt_id,
        )
