"""The basis against hand-made tables: what is estimated, when, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from evaluation import basis
from evaluation.basis import BasisError, estimate_if_due, follow
from evaluation.plan import load_plan
from evaluation.survival import Follow
from pipeline.settings import Settings
from warehouse import release
from warehouse.connection import connect
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse

TABLES = """
create table int_comparator_episode (
    family_id text, perspective text, person_key uuid, is_operated boolean, cost numeric
);
create table int_case (case_key text, person_key uuid, case_status text, t0 date);
create table int_coverage_span (person_key uuid, continuous_start date, continuous_end date);
create table int_person (person_key uuid, death_date date);
insert into int_comparator_episode values
    ('knee_arthroplasty', 'system', gen_random_uuid(), true, 100.004),
    ('knee_arthroplasty', 'system', gen_random_uuid(), true, 100.02),
    ('knee_arthroplasty', 'system', gen_random_uuid(), true, null),
    ('knee_arthroplasty', 'system', gen_random_uuid(), false, 10),
    ('knee_arthroplasty', 'payor', gen_random_uuid(), true, 80);
insert into int_person values
    ('00000000-0000-0000-0000-000000000001', null),
    ('00000000-0000-0000-0000-000000000002', null);
insert into int_coverage_span values
    ('00000000-0000-0000-0000-000000000001', '2023-01-01', null),
    ('00000000-0000-0000-0000-000000000002', '2023-01-01', '2024-03-10'),
    ('00000000-0000-0000-0000-000000000002', '2024-06-01', null);
insert into int_case values
    ('a', '00000000-0000-0000-0000-000000000001', 'delivered', '2024-01-31'),
    ('b', '00000000-0000-0000-0000-000000000002', 'delivered', '2024-01-31'),
    ('c', '00000000-0000-0000-0000-000000000002', 'cancelled', null),
    ('d', null, 'delivered', '2024-01-31');
"""


class Bench:
    """One payor with hand-made work tables, and runs opened on any day."""

    def __init__(self, settings: Settings, payor: str) -> None:
        self.settings, self.payor = settings, payor
        with connect(settings, "transformer") as conn:
            path = sql.SQL("set local search_path = {}").format(sql.Identifier(f"work_{payor}"))
            conn.execute(path)
            psycopg.ClientCursor(conn).execute(TABLES.encode())

    def estimate(self, as_of: str) -> int:
        with connect(self.settings, "publisher") as conn:
            release.open_run(conn, self.payor, date.fromisoformat(as_of))
        with connect(self.settings, "transformer") as conn:
            return estimate_if_due(conn, self.payor)

    def publish(self, basis: int) -> int:
        """A release that rests on the basis, as publishing leaves one behind."""
        statement = """
            insert into ops.release (
                payor_id, as_of, run_epoch, input_hash, basis_id, reference_hash, contract_version,
                code_revision, register_hash
            )
            select payor_id, as_of, run_epoch, 'i', %s, 'r', 'c', 'v', 'g'
            from ops.run where payor_id = %s order by run_epoch desc limit 1
        """
        with connect(self.settings, "publisher") as conn:
            conn.execute(statement, (basis, self.payor))
        return basis

    def parameters(self, basis: int) -> dict[tuple[str, str, str, int], tuple[Decimal, int, str]]:
        rows = self.query(
            "select kind, family_id, perspective, month, value, n, source"
            " from ops.basis_parameter where payor_id = %s and basis_id = %s",
            basis,
        )
        return {tuple(row[:4]): tuple(row[4:]) for row in rows}  # type: ignore[misc]

    def query(self, statement: str, *more: object) -> list[Any]:
        with connect(self.settings, "transformer") as conn:
            return conn.execute(statement.encode(), (self.payor, *more)).fetchall()


@pytest.fixture
def bench(settings: Settings, add_payor: Callable[..., Payor]) -> Iterator[Bench]:
    yield Bench(settings, add_payor("basis").payor_id)


def test_prices_are_means_of_episodes(bench: Bench) -> None:
    found = bench.parameters(bench.estimate("2026-07-01"))
    knee = "knee_arthroplasty"
    assert found["ec", knee, "system", 0][:2] == (Decimal("100.01"), 2)
    assert found["ealt0", knee, "system", 0][:2] == (Decimal("10.00"), 1)
    assert found["ec", knee, "payor", 0][:2] == (Decimal("80.00"), 1)
    assert ("ealt0", knee, "payor", 0) not in found


def test_probabilities_come_from_literature(bench: Bench) -> None:
    found = bench.parameters(bench.estimate("2026-07-01"))
    own = [found[kind, "knee_arthroplasty", "", 0][0] for kind in ("p0", "p0_low", "p0_high")]
    general = [found[kind, "hip_arthroplasty", "", 0][0] for kind in ("p0", "p0_low", "p0_high")]
    assert own == [Decimal("0.98"), Decimal("0.83"), Decimal(1)]
    assert general == [Decimal("0.855"), Decimal("0.705"), Decimal(1)]
    assert found["p0", "hip_arthroplasty", "", 0][2] != found["p0", "knee_arthroplasty", "", 0][2]


def test_survival_has_a_point_for_every_month(bench: Bench) -> None:
    found = bench.parameters(bench.estimate("2026-07-01"))
    points = {key[3]: value for key, value in found.items() if key[0] == "enrolment_survival"}
    assert sorted(points) == list(range(43))
    assert points[1][:2] == (Decimal(1), 2)
    assert points[2][:2] == (Decimal("0.5"), 2)
    assert points[42][0] == Decimal("0.5")


def test_a_new_basis_is_a_reason_to_restate(bench: Bench) -> None:
    basis = bench.estimate("2026-07-01")
    changes = bench.query(
        "select entity, key, cause from ops.change where payor_id = %s and entity = 'basis'"
    )
    assert changes == [("basis", str(basis), "basis")]
    stored = bench.query(
        "select basis_id, estimated_as_of, plan_version from ops.basis where payor_id = %s"
    )
    assert stored == [(basis, date(2026, 7, 1), load_plan().version)]
    context = f"select basis_id from work_{bench.payor}.run_context where payor_id = %s"
    assert bench.query(context) == [(basis,)]


def test_a_month_keeps_the_basis_a_release_rests_on(bench: Bench) -> None:
    first = bench.publish(bench.estimate("2026-07-10"))
    assert bench.estimate("2026-07-31") == first
    assert bench.query("select count(*) from ops.basis where payor_id = %s") == [(1,)]
    august = bench.publish(bench.estimate("2026-08-01"))
    assert august != first
    assert bench.estimate("2026-08-02") == august
    assert bench.estimate("2026-07-31") == first


def test_a_basis_no_release_rests_on_is_estimated_again(bench: Bench) -> None:
    """The night was blocked: the next one, with the repaired files, starts afresh."""
    blocked = bench.estimate("2026-07-10")
    more = "update int_comparator_episode set cost = cost + 1 where true"
    with connect(bench.settings, "transformer") as conn:
        conn.execute(f"set local search_path = work_{bench.payor}".encode())
        conn.execute(more.encode())
    repaired = bench.publish(bench.estimate("2026-07-11"))
    assert repaired != blocked
    price = "ec", "knee_arthroplasty", "system", 0
    assert bench.parameters(repaired)[price][0] == bench.parameters(blocked)[price][0] + 1
    assert bench.estimate("2026-07-12") == repaired


def test_a_basis_without_observations_does_not_hold_the_month(bench: Bench) -> None:
    """The payor's first night came before its files."""
    with connect(bench.settings, "transformer") as conn:
        conn.execute(f"set local search_path = work_{bench.payor}".encode())
        for table in ("int_comparator_episode", "int_case"):
            conn.execute(f"alter table {table} rename to {table}_later".encode())
            conn.execute(f"create table {table} (like {table}_later)".encode())
    empty = bench.publish(bench.estimate("2026-07-10"))
    assert all(n == 0 for _, n, _ in bench.parameters(empty).values())
    with connect(bench.settings, "transformer") as conn:
        conn.execute(f"set local search_path = work_{bench.payor}".encode())
        for table in ("int_comparator_episode", "int_case"):
            conn.execute(f"insert into {table} select * from {table}_later".encode())
    first = bench.publish(bench.estimate("2026-07-11"))
    assert first != empty
    assert bench.estimate("2026-07-12") == first


def test_a_changed_plan_estimates_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.publish(bench.estimate("2026-07-10"))
    plan = replace(load_plan(), version="2+changed")
    monkeypatch.setattr(basis, "load_plan", lambda: plan)
    second = bench.estimate("2026-07-11")
    assert second != first
    stored = "select plan_version from ops.basis where payor_id = %s and basis_id = %s"
    assert bench.query(stored, second) == [("2+changed",)]


def test_an_older_night_never_sees_a_later_basis(bench: Bench) -> None:
    later = bench.publish(bench.estimate("2026-07-10"))
    older = bench.publish(bench.estimate("2026-07-02"))
    assert older != later
    assert bench.estimate("2026-07-09") == older
    assert bench.estimate("2026-07-11") == later


def test_same_tables_same_basis(settings: Settings, add_payor: Callable[..., Payor]) -> None:
    one, two = (Bench(settings, add_payor("basis").payor_id) for _ in range(2))
    found = one.parameters(one.estimate("2026-07-01"))
    assert len(found) > 40
    assert found == two.parameters(two.estimate("2026-07-01"))


def test_without_a_run_there_is_no_basis(settings: Settings, payor: Payor) -> None:
    with connect(settings, "transformer") as conn, pytest.raises(BasisError) as raised:
        estimate_if_due(conn, payor.payor_id)
    assert raised.value.payor_id == payor.payor_id


DAY = date(2024, 1, 31)
KNOWN = date(2024, 12, 31)


@pytest.mark.parametrize(
    ("covered_to", "died_on", "expected"),
    [
        (None, None, Follow(DAY, None, KNOWN)),
        (date(2024, 5, 1), None, Follow(DAY, date(2024, 5, 1), KNOWN)),
        (date(2025, 5, 1), None, Follow(DAY, None, KNOWN)),
        (None, date(2024, 6, 1), Follow(DAY, None, date(2024, 6, 1))),
        (date(2024, 5, 1), date(2024, 6, 1), Follow(DAY, date(2024, 5, 1), KNOWN)),
        (date(2024, 6, 1), date(2024, 6, 1), Follow(DAY, None, date(2024, 6, 1))),
        (date(2024, 7, 1), date(2024, 6, 1), Follow(DAY, None, date(2024, 6, 1))),
        (None, date(2025, 6, 1), Follow(DAY, None, KNOWN)),
    ],
)
def test_who_left_and_who_died(
    covered_to: date | None, died_on: date | None, expected: Follow
) -> None:
    assert follow(DAY, covered_to, died_on, KNOWN) == expected
