"""A loader's connection, and the stored rows as a test wants to see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

import ingestion
from ingestion.contract import feed_names
from ingestion.load import Outcome
from pipeline.settings import Settings, load_settings
from warehouse.connection import connect, connect2
from warehouse.payor_file import Payor

DAY = date(2026, 7, 1)


@dataclass
class Desk:
    """One payor's intake: receive files, look at what is stored."""

    conn: Connection
    payor: str

    def receive(self, feed: str, path: Path, layout: str = "canonical_csv") -> Outcome:
        return ingestion.receive(self.conn, self.payor, feed, layout, path, DAY)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query; {raw} stands for the payor's raw schema."""
        with self.conn, self.conn.cursor() as cursor:
            cursor.execute(query.replace("{raw}", f"raw_{self.payor}"), values)
            return cursor.fetchall()

    def one(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    def stored(self) -> dict[str, int]:
        """Rows by table of everything a load may write for this payor, receipts left out."""
        counts = {name: self.one(f"select count(*) from {{raw}}.{name}") for name in feed_names()}
        for table in ("ops.quarantine", "ops.change", "vault.person"):
            counts[table] = self.one(
                f"select count(*) from {table} where payor_id = %s", self.payor
            )
        return {name: count for name, count in counts.items() if count}


def identities(desk: Desk, feed: str, columns: str) -> list[tuple[Any, ...]]:
    """What the vault holds of one feed of the payor; the loader itself cannot read it."""
    with connect(load_settings(), "linker") as conn:
        query = f"select {columns} from vault.kept_identity where payor_id = %s and feed = %s"
        return conn.execute(query.encode(), (desk.payor, feed)).fetchall()


@pytest.fixture
def open_desk(settings: Settings) -> Iterator[Callable[[str], Desk]]:
    """Opens further connections as the loader; all are closed at the end of the test."""
    desks: list[Desk] = []

    def open_one(payor: str) -> Desk:
        desks.append(Desk(connect2(settings, role="loader"), payor))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.conn.close()


@pytest.fixture
def desk(payor: Payor, open_desk: Callable[[str], Desk]) -> Desk:
    """The intake of a fresh payor."""
    return open_desk(payor.payor_id)


@pytest.fixture(scope="module")
def catalogue_desk(settings: Settings, add_payor: Callable[..., Payor]) -> Iterator[Desk]:
    """One payor for all files of the catalogue."""
    conn = connect2(settings, role="loader")
    yield Desk(conn, add_payor("catalogue").payor_id)
    conn.close()
