"""Raw rows are found by key: a night that touches few claims does not read the history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from benchmarks import history
from pipeline.settings import Settings
from warehouse.connection import connect, connect2
from warehouse.payor_file import Payor
from warehouse.raw_tables import FAMILY_KEY

LINES = 50_001


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _read_whole(conn: psycopg.Connection, query: str) -> set[str]:
    """Raw tables that a query reads from end to end."""
    row = conn.execute(f"explain (format json) {query}".encode()).fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return {
        node["Relation Name"]
        for node in _nodes(plan[0]["Plan"])
        if node["Node Type"] == "Seq Scan" and "medical_claim" in node["Relation Name"]
    }


@pytest.fixture
def filled(settings: Settings, payor: Payor) -> Iterator[tuple[psycopg.Connection, str]]:
    """A payor with a history in three parts, and a hundred claims on a work list."""
    owner = connect2(settings)
    history.deliver(owner, payor.payor_id, LINES, LINES // 3 + 1)
    owner.close()
    with connect(settings) as conn:
        key = FAMILY_KEY.format(payor=payor.payor_id)
        conn.execute(
            f"create temporary table touched as select distinct {key} as claim_link_key"
            f" from raw_{payor.payor_id}.medical_claim where record_no % 500 = 1".encode()
        )
        conn.execute("analyze touched")
        yield conn, payor.payor_id


@pytest.mark.parametrize("schema", ["raw", "kept"])
def test_touched_claims_are_read_by_key(
    filled: tuple[psycopg.Connection, str], schema: str
) -> None:
    conn, payor = filled
    query = (
        f"select * from {schema}_{payor}.medical_claim"
        f" where {FAMILY_KEY.format(payor=payor)} in (select claim_link_key from touched)"
    )
    found = conn.execute(f"select count(*) from ({query}) as found".encode()).fetchone()
    listed = conn.execute("select count(*) from touched").fetchone()
    assert found and listed and found[0] == history.LINES_A_CLAIM * listed[0] > 0
    # the raw table itself is empty: all rows are in parts
    assert _read_whole(conn, query) <= {"medical_claim"}


def test_rows_of_a_receipt_are_read_by_key(filled: tuple[psycopg.Connection, str]) -> None:
    conn, payor = filled
    query = (
        f"select count(*) from raw_{payor}.medical_claim"
        f" where receipt_id = (select min(receipt_id) from ops.receipt where payor_id = '{payor}')"
        " and record_no between 10 and 20"
    )
    assert conn.execute(query.encode()).fetchone() == (11,)
    assert _read_whole(conn, query) <= {"medical_claim"}
