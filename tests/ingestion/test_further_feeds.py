"""Feeds that the method needs besides claims and consultations: files of the world, row for row."""

from __future__ import annotations

import csv
import gzip
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

import ingestion
from ingestion.check import check_paths
from pipeline.settings import Settings
from simulation import simulate
from warehouse.connection import connect, connect2
from warehouse.payor_file import Payor

FEEDS = (
    "absence",
    "authorization",
    "consent",
    "plan_benefit",
    "program_access",
    "program_fee",
    "program_invoice",
    "vendor_reported",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("further")
    simulate(out, payors=2, members=300, nights=1, seed=11, feeds="all")
    return out


def files(world: Path, who: str, feed: str) -> list[Path]:
    return sorted(p for p in (world / "nights").glob(f"*/{who}/{feed}/*") if p.is_file())


def rows_of(path: Path) -> list[dict[str, str]]:
    """The data rows, read without the product."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    lines = text.splitlines()
    delimiter = "|" if "|" in lines[0] else ","
    return list(csv.DictReader(lines[:-1], delimiter=delimiter))


@pytest.mark.parametrize("who", ["northlake", "rheinland"])
@pytest.mark.parametrize("feed", FEEDS)
def test_check_knows_the_feed_by_its_columns(world: Path, who: str, feed: str) -> None:
    for path in files(world, who, feed):
        (report,) = check_paths([path])
        assert (report.refused, report.feed) == (None, feed)
        assert (report.rows, report.accepted) == (len(rows_of(path)),) * 2


@pytest.mark.warehouse
@pytest.mark.parametrize("feed", FEEDS)
def test_every_row_is_stored_as_it_was_sent(
    settings: Settings, payor: Payor, world: Path, feed: str
) -> None:
    sent: list[dict[str, str]] = []
    with closing(connect2(settings, "loader")) as conn:
        for path in files(world, "northlake", feed):
            sent += rows_of(path)
            outcome = ingestion.receive(
                conn, payor.payor_id, feed, "canonical_csv", path, date(2026, 7, 1)
            )
            assert outcome.state == "loaded", outcome.messages
    assert sent
    names = list(sent[0])
    with connect(settings, "transformer") as work:
        statement = f"select {', '.join(names)} from raw_{payor.payor_id}.{feed}"
        stored = work.execute(statement.encode()).fetchall()
    expected = sorted(tuple(_plain(row[name]) for name in names) for row in sent)
    assert sorted(tuple(_plain(str(v or "")) for v in row) for row in stored) == expected


def _plain(text: str) -> str:
    """A number without the zeros that its column adds; 0 and nothing are told apart elsewhere."""
    head, dot, tail = text.partition(".")
    if dot and (head.removeprefix("-") + tail).isdigit():
        text = f"{head}.{tail}".rstrip("0").rstrip(".")
    return "" if text == "0" else text
