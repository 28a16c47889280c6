"""A payor whose tables are empty, for unit tests, and nights of small hand-written deliveries."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg2 import sql

import ingestion
from evaluation.estimates import ensure_tables
from ingestion.contract import load_feed
from ingestion.touched import Rows, mark_keys, name_persons
from pipeline.settings import Settings
from pipeline.transform import read_results, run_dbt, run_layer
from warehouse import payor as payors
from warehouse import release
from warehouse.connection import connect, connect2
from warehouse.payor_file import Payor

FIXTURE = "fixture"
LAYOUT = "canonical_csv"

# The trigger of conservation compares these counts with the rows when the transaction ends.
RECEIPT = """
    insert into ops.receipt (
        payor_id, feed, layout, file_sha256, plaintext_sha256, business_date, state, targets,
        lines, header_lines, trailer_lines, blank_lines, accepted, quarantined
    )
    values (
        %(payor)s, %(feed)s, %(layout)s, md5(%(file)s::text), md5(%(file)s::text), '2026-07-01',
        'loaded', %(feed)s, %(rows)s + 1, 1, 0, 0, %(rows)s, 0
    )
    returning receipt_id
"""

Row = dict[str, Any]


@pytest.fixture(scope="session")
def empty_warehouse(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every model built empty in `work_fixture`: a unit test needs its parents to exist.

    Returns the folder of dbt's artefacts.
    """
    return build_empty(settings, tmp_path_factory.mktemp("payor"))


def build_empty(settings: Settings, folder: Path, *select: str) -> Path:
    """Build the models (all, or the selected ones) empty; the folder of dbt's artefacts."""
    path = folder / f"{FIXTURE}.yml"
    path.write_text(
        f"payor: {FIXTURE}\nname: Fixture\ncountry: US\nregion: north_america\ncurrency: USD\n"
        f"time_zone: UTC\nfeeds: {{eligibility: {LAYOUT}}}\n"
    )
    payors.add(settings, path)
    with connect(settings, "transformer") as conn:
        ensure_tables(conn, FIXTURE)
    target = settings.dbt_dir(FIXTURE, "unit_tests")
    chosen = ["--select", *select] if select else []
    code = run_dbt(settings, FIXTURE, target, ["run", "--empty", *chosen])
    built = read_results(target)
    assert built, f"dbt left no results (exit code {code})"
    assert {name: status for name, status in built.items() if status != "success"} == {}
    return target


@dataclass
class Nights:
    """Delivers files to one payor and builds the claims and cases of a night."""

    settings: Settings
    payor: str
    folder: Path
    sent: int = field(default=0)

    def send(self, feed: str, *rows: Row) -> None:
        """Write the rows as one canonical file and take it in; every row must be accepted."""
        self.sent += 1
        path = self.folder / f"{feed}_20260701_{self.sent:02d}.csv"
        path.write_text(_canonical(feed, rows))
        with closing(connect2(self.settings, "loader")) as conn:
            outcome = ingestion.receive(conn, self.payor, feed, LAYOUT, path, date(2026, 7, 1))
        assert (outcome.state, outcome.accepted) == ("loaded", len(rows)), outcome.messages

    def store(self, feed: str, *rows: Row) -> None:
        """Put the rows into the raw table as one loaded file, past the rules of the load.

        Most layouts only warn of a broken rule, and rows of several files repeat each other: the
        models must bear what the rules of `canonical_csv` keep out.
        """
        self.sent += 1
        with closing(connect2(self.settings, "loader")) as conn, conn, conn.cursor() as cursor:
            cursor.execute(RECEIPT, {"payor": self.payor, "feed": feed, "file": self.sent,
                                     "layout": LAYOUT, "rows": len(rows)})  # fmt: skip
            (receipt,) = cursor.fetchone() or ()
            table = sql.Identifier(f"raw_{self.payor}", feed)
            columns, text = _numbered(receipt, rows)
            copy = sql.SQL("copy {} ({}) from stdin (format csv)").format(
                table, sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            cursor.copy_expert(copy, io.StringIO(text))
            stored = Rows(table, self.payor, receipt)
            name_persons(cursor, stored)
            mark_keys(cursor, stored, load_feed(feed).change_entity)

    def build(self, as_of: date, full_refresh: bool = False) -> list[str]:
        """One night's claims and cases, its changes then marked as published."""
        with connect(self.settings, "publisher") as conn:
            release.seal_inputs(conn, release.open_run(conn, self.payor, as_of))
        nodes = run_layer(self.settings, self.payor, "claims_cases", full_refresh)
        with connect(self.settings) as conn:
            conn.execute(
                "update ops.change set released_in = 0 where payor_id = %s and released_in is null",
                (self.payor,),
            )
        return nodes

    def rows(self, relation: str) -> list[str]:
        """All rows of a work relation as sorted JSON text."""
        statement = f"select to_jsonb(r)::text from work_{self.payor}.{relation} as r order by 1"
        return [str(row[0]) for row in self.query(statement)]

    def query(self, statement: str) -> list[Any]:
        with connect(self.settings, "transformer") as conn:
            return psycopg.Cursor(conn).execute(statement.encode()).fetchall()


def _numbered(receipt: int, rows: tuple[Row, ...]) -> tuple[list[str], str]:
    """Columns of the raw table, and its rows as CSV; records are numbered as below a header."""
    columns = sorted({name for row in rows for name in row})
    text = io.StringIO()
    csv.writer(text).writerows(
        [receipt, number, *(row.get(name, "") for name in columns)]
        for number, row in enumerate(rows, 2)
    )
    return ["receipt_id", "record_no", *columns], text.getvalue()


def _canonical(feed: str, rows: tuple[Row, ...]) -> str:
    columns = sorted({name for row in rows for name in row})
    lines = [",".join(str(row.get(name, "")) for name in columns) for row in rows]
    total = ""
    if feed.endswith("_claim"):
        total = f"{sum((Decimal(str(row.get('paid_amount', 0))) for row in rows), Decimal(0)):.2f}"
    return "\n".join([",".join(columns), *lines, f"#TRAILER,{len(rows)},{total}", ""])


@pytest.fixture
def nights_of(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> Callable[..., Nights]:
    """`nights_of(adjustments="replacement")`: nights of a fresh payor."""

    def make(**terms: str) -> Nights:
        return Nights(settings, add_payor("dbt", **terms).payor_id, tmp_path)

    return make
