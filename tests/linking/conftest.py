"""A payor whose vendor sends no member ids, and its linkage without a whole night."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ingestion
from ingestion.outcome import Outcome
from linking.decide import Terms, Verdict, Words, decide
from linking.normalise import normalise
from linking.run import Linked, link
from linking.scoring import Scores, score
from pipeline.settings import Settings
from tests.linking.population import Row, World, build
from warehouse import release
from warehouse.connection import connect, connect2
from warehouse.payor_file import Payor

DAY = date(2026, 7, 1)
CONSULTATION: Row = {
    "vendor_id": "V1", "requested_date": "2024-03-01", "delivered_to_member_date": "2024-03-20",
    "delivery_mode": "online_virtual", "service_type": "single_specialty", "status": "delivered",
    "end_user": "insurer_payor", "initiation": "patient", "specialty": "orthopaedics",
    "currency_code": "USD", "sender_sequence": "1",
}  # fmt: skip


@pytest.fixture(scope="session")
def world() -> World:
    return build()


def frame(rows: Iterable[Row], owner: str) -> pd.DataFrame:
    """Rows as `scoring.score` wants them."""
    kept = list(rows)
    return pd.DataFrame({"owner": [row[owner] for row in kept], **normalise(kept, "US")})


def judge(world: World, terms: Terms | None = None) -> tuple[Scores, list[Verdict]]:
    records = frame(world.consultations, "consultation_id")
    scores = score(records, frame(world.members, "member_id"))
    return scores, decide(records["owner"], scores.pairs, terms or Terms(), Words(), {})


@pytest.fixture(scope="session")
def judged(world: World) -> tuple[Scores, list[Verdict]]:
    """What linking makes of the whole world."""
    return judge(world)


@dataclass
class Desk:
    """One payor: files in, links out."""

    settings: Settings
    payor: str
    folder: Path
    sent: int = field(default=0)

    def send(self, feed: str, rows: Iterable[Row]) -> None:
        """One canonical file; every row must be accepted."""
        kept = list(rows)
        outcome = self.deliver(feed, kept)
        assert (outcome.state, outcome.accepted) == ("loaded", len(kept)), outcome.messages

    def deliver(self, feed: str, kept: list[Row]) -> Outcome:
        self.sent += 1
        names = sorted({name for row in kept for name in row})
        lines = [",".join(_cell(row.get(name, "")) for name in names) for row in kept]
        path = self.folder / f"{feed}_20260701_{self.sent:02d}.csv"
        path.write_text("\n".join([",".join(names), *lines, f"#TRAILER,{len(kept)},", ""]))
        with closing(connect2(self.settings, "loader")) as conn:
            return ingestion.receive(conn, self.payor, feed, "canonical_csv", path, DAY)

    def consult(self, *rows: Row) -> None:
        self.send("consultation", [CONSULTATION | row for row in rows])

    def enrol(self, *rows: Row) -> None:
        self.send("eligibility", [{"enrollment_start_date": "2022-01-01"} | row for row in rows])

    def link(self) -> Linked:
        """The night's step, in a run of its own."""
        with connect(self.settings, "publisher") as conn:
            run = release.open_run(conn, self.payor, DAY)
        with connect(self.settings, "linker") as conn:
            return link(conn, self.payor, run.epoch, DAY)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query as the owner; {p} stands for the payor."""
        with connect(self.settings) as conn:
            return conn.execute(
                query.replace("{p}", self.payor).encode(), values or None
            ).fetchall()

    def links(self) -> dict[str, tuple[str, str | None, str]]:
        """consultation -> (status, member id, reason)."""
        found = self.rows(
            """
            select l.source_key, l.status, p.member_id, l.reason
            from vault.link as l
            left join vault.person as p using (payor_id, person_key)
            where l.payor_id = '{p}' and not l.is_superseded
            """
        )
        return {key: (status, member, reason) for key, status, member, reason in found}

    def person(self, member: str) -> str:
        query = (
            "select person_key::text from vault.person where payor_id = '{p}' and member_id = %s"
        )
        return str(self.rows(query, member)[0][0])


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text


@pytest.fixture
def open_desk(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> Callable[[], Desk]:
    return lambda: Desk(settings, add_payor("linked").payor_id, tmp_path)


@pytest.fixture
def desk(open_desk: Callable[[], Desk]) -> Iterator[Desk]:
    yield open_desk()
