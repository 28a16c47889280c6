"""A receipt that says "loaded" tells the truth about the stored rows, or the load is undone."""

from __future__ import annotations

import psycopg
import pytest

from pipeline.settings import Settings
from warehouse.connection import connect
from warehouse.payor_file import Payor

TRUTH = {
    "lines": 5,
    "header_lines": 1,
    "trailer_lines": 1,
    "blank_lines": 0,
    "accepted": 2,
    "quarantined": 1,
}


def _load(conn: psycopg.Connection, payor: str, sha: str, **lies: int) -> int:
    """Two stored rows (one expanded twice) and one held row, then the receipt's word on them."""
    row = conn.execute(
        "insert into ops.receipt (payor_id, feed, layout, file_sha256, plaintext_sha256, state)"
        " values (%s, 'eligibility', 'canonical_csv', %s, %s, 'received') returning receipt_id",
        (payor, sha, sha),
    ).fetchone()
    assert row is not None
    receipt = row[0]
    for record, expansion in ((2, 1), (2, 2), (3, 1)):
        conn.execute(
            f"insert into raw_{payor}.eligibility"
            " (receipt_id, record_no, expansion_no, person_id, enrollment_start_date)"
            " values (%s, %s, %s, 'p', '2024-01-01')".encode(),
            (receipt, record, expansion),
        )
    conn.execute(
        "insert into ops.quarantine (payor_id, receipt_id, record_no, code)"
        " values (%s, %s, 4, 'Q-DATE')",
        (payor, receipt),
    )
    facts = TRUTH | lies
    sets = ", ".join(f"{name} = %({name})s" for name in facts)
    conn.execute(
        f"update ops.receipt set state = 'loaded', {sets} where receipt_id = %(id)s".encode(),
        facts | {"id": receipt},
    )
    return int(receipt)


def test_the_truth_is_accepted(settings: Settings, payor: Payor) -> None:
    with connect(settings, "loader") as conn:
        _load(conn, payor.payor_id, "a" * 64)


@pytest.mark.parametrize("field", sorted(TRUTH))
def test_a_lie_undoes_the_whole_load(settings: Settings, payor: Payor, field: str) -> None:
    with connect(settings, "loader") as conn:
        _load(conn, payor.payor_id, "b" * 64, **{field: TRUTH[field] + 1})
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="E-CONSERVATION"):
            conn.commit()
        conn.rollback()
        for table in ("ops.receipt", f"raw_{payor.payor_id}.eligibility"):
            where = "where payor_id = %s" if table == "ops.receipt" else "where %s <> ''"
            count = conn.execute(
                f"select count(*) from {table} {where}".encode(), (payor.payor_id,)
            ).fetchone()
            assert count == (0,)


def test_missing_counts_are_a_lie(settings: Settings, payor: Payor) -> None:
    with connect(settings, "loader") as conn:
        conn.execute(
            "insert into ops.receipt (payor_id, feed, layout, file_sha256, state)"
            " values (%s, 'eligibility', 'canonical_csv', 'c', 'loaded')",
            (payor.payor_id,),
        )
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            conn.commit()


def test_a_loaded_receipt_never_changes(settings: Settings, payor: Payor) -> None:
    with connect(settings, "loader") as conn:
        receipt = _load(conn, payor.payor_id, "d" * 64)
        conn.commit()
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="E-RECEIPT-FINAL"):
            conn.execute(
                "update ops.receipt set state = 'received' where receipt_id = %s", (receipt,)
            )


def test_the_same_content_is_loaded_once(settings: Settings, payor: Payor) -> None:
    with connect(settings, "loader") as conn:
        _load(conn, payor.payor_id, "e" * 64)
        conn.commit()
        with pytest.raises(psycopg.errors.UniqueViolation):
            _load(conn, payor.payor_id, "e" * 64)
