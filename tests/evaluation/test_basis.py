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
from evaluation.basis_completion import month_number, valuation_month
from evaluation.plan import load_plan
from evaluation.survival import Follow
from pipeline.settings import Settings
from warehouse import release
from warehouse.connection import connect
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse

TABLES = """
create table int_episode_component (
    arm text, family_id text, episode_id text, span_kind text, component text, perspective text,
    is_operated boolean, price_year integer, cost numeric
);
create table int_opinion_course (
    case_key text, proposal_no integer, family_id text, so_position text, window_months integer,
    t0 date, window_end date, operated_on date, died_on date, left_on date, is_mature boolean
);
create table int_completion_cell (
    measure text, cell text, incurred_month date, known_month date, added numeric, claims bigint
);
create table int_episode_covariate (
    family_id text, episode_id text, cost numeric, age_band text, sex text, prior_cost numeric,
    conditions integer
);
create table int_member_month (person_key uuid, month_start date);
create table int_case (case_key text, person_key uuid, case_status text, t0 date);
create table int_coverage_span (person_key uuid, continuous_start date, continuous_end date);
create table int_person (person_key uuid, death_date date);
create table int_authorization (
    family_id text, person_key uuid, requested_date date, is_approved boolean
);
create table int_procedure_event (family_id text, person_key uuid, event_date date);
insert into int_episode_component
select 'comparator', 'knee_arthroplasty', e.*, 2024, c.cost
from (
    values
    ('a', 'window', 'professional', 'system', true, 60.004),
    ('a', 'window', 'facility_inpatient', 'system', true, 40),
    ('b', 'window', 'professional', 'system', true, 100.02),
    ('c', 'window', 'professional', 'system', false, 10),
    ('a', 'window', 'professional', 'payor', true, 80),
    ('a', 'anchor_90', 'implant', 'system', true, 30),
    ('b', 'anchor_90', 'professional', 'system', true, 50)
) as c (episode_id, span_kind, component, perspective, is_operated, cost)
cross join lateral (
    select c.episode_id, c.span_kind, c.component, c.perspective, c.is_operated
) as e;
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
        """What stands in no cell, by kind, family, perspective and month."""
        return {key[:3] + key[4:]: row for key, row in self.cells(basis).items() if not key[3]}

    def cells(self, basis: int) -> dict[tuple[Any, ...], Any]:
        rows = self.query(
            "select kind, family_id, perspective, cell, month, value, n, source, se"
            " from ops.basis_parameter where payor_id = %s and basis_id = %s",
            basis,
        )
        return {tuple(row[:5]): tuple(row[5:]) for row in rows}

    def run(self, *statements: str) -> None:
        """Statements in the payor's work schema."""
        with connect(self.settings, "transformer") as conn:
            conn.execute(f"set local search_path = work_{self.payor}".encode())
            for statement in statements:
                conn.execute(statement.encode())

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


def test_prices_by_year_and_around_the_operation(bench: Bench) -> None:
    """Two episodes of 100.004 and 100.02: no spread, so full weight."""
    found = bench.cells(bench.estimate("2026-07-01"))
    knee = "knee_arthroplasty", "system"
    assert found["ec_by_year", *knee, "", 2024][:3] == (
        Decimal("100.01"), 2, "credibility 1.0000, not shown"
    )  # fmt: skip
    assert found["ec_unwinsorised", *knee, "", 0][0] == Decimal("100.01")
    assert found["ec", *knee, "", 0][3] == Decimal("0.008")
    assert found["ealt0_by_year", *knee, "", 2024][2] == "credibility 0.0000, not shown"
    assert found["episode_price", *knee, "anchor_90", 0][:2] == (40, 2)
    assert found["episode_component", *knee, "implant", 0][:2] == (15, 2)
    assert not any(key[0].startswith("winsor") for key in found)


MANY = """
    insert into int_episode_component
    select
        case when n % 4 = 0 then 'opinion' else 'comparator' end, 'hip_arthroplasty', n::text,
        'window', 'professional', 'system', true, 2025, n
    from generate_series(1, 201) as n
"""


def test_bounds_come_from_both_arms_and_stay(bench: Bench) -> None:
    """201 episodes of 1 to 201: drawn to 3 and 199. Later costs do not move the bounds."""
    bench.run(MANY)
    first = bench.cells(bench.publish(bench.estimate("2026-07-01")))
    low, high = (("winsor_" + end, "hip_arthroplasty", "system", "window", 2025) for end in
                 ("low", "high"))  # fmt: skip
    assert (first[low][:2], first[high][:2]) == ((3, 201), (199, 201))
    dearer = "update int_episode_component set cost = cost * 100 where arm = "
    bench.run(dearer + "'opinion'")
    second = bench.cells(bench.publish(bench.estimate("2026-08-01")))
    assert (second[low], second[high]) == (first[low], first[high])
    price = "ec", "hip_arthroplasty", "system", "", 0
    plain = "ec_unwinsorised", "hip_arthroplasty", "system", "", 0
    assert second[price] == first[price]
    bench.run(dearer + "'comparator' and episode_id = '201'")
    third = bench.cells(bench.estimate("2026-09-01"))
    assert third[price] == first[price]
    assert third[plain][0] > first[plain][0]
    assert third[price][2] == "winsorised mean of comparator episodes"


COVARIATES = """
    insert into int_episode_covariate
    select
        'hip_arthroplasty', n::text, 1000 * (1 + n % 3) * (1 + n % 2),
        (array['45-54', '55-64', '65-74'])[1 + n % 3], 'female', 100, n % 2
    from generate_series(1, 300) as n
"""


def test_the_price_model_is_judged_on_a_holdout(bench: Bench) -> None:
    """Cost is a product of age and history, so that a log link finds it exactly."""
    bench.run(COVARIATES)
    found = bench.cells(bench.estimate("2026-07-01"))
    ratio = found["price_model_ratio", "hip_arthroplasty", "system", "", 0]
    assert round(ratio[0], 6) == 1
    assert 60 < ratio[1] < 120


LAGGED = """
    insert into int_completion_cell
    select
        m.measure, m.cell, incurred.month, incurred.month + lag.months * interval '1 month',
        lag.share, case when lag.months = 0 then 20 else 0 end
    from (values ('amount', 'professional'), ('count', 'knee_arthroplasty')) as m (measure, cell)
    cross join generate_series(date '2023-01-01', '2026-06-01', interval '1 month')
        as incurred (month)
    cross join (values (0, 60), (1, 30), (2, 10)) as lag (months, share)
    where incurred.month + lag.months * interval '1 month' < '2026-07-01'
"""


def test_completion_is_part_of_the_basis(bench: Bench) -> None:
    months = "generate_series(date '2023-01-01', '2026-06-01', interval '1 month')"
    bench.run(
        LAGGED, f"insert into int_member_month select gen_random_uuid(), m from {months} as m"
    )
    found = bench.cells(bench.estimate("2026-07-01"))
    amounts = [found["completion_amount", "", "", "professional", lag][0] for lag in range(4)]
    counts = [found["completion_count", "knee_arthroplasty", "", "", lag][0] for lag in range(4)]
    assert amounts == counts == [Decimal("0.6"), Decimal("0.9"), 1, 1]
    completed = {key[4]: value for key, value in found.items() if key[0] == "completed_amount"}
    assert completed[202606][:3] == (100, 1, "Bornhuetter-Ferguson")
    assert completed[202605][:3] == (100, 1, "chain ladder")


def test_a_small_payor_has_no_completion_and_no_curves(bench: Bench) -> None:
    bench.run(LAGGED.replace("then 20", "then 4"), COURSES.replace("60", "49"))
    kinds = {key[0] for key in bench.cells(bench.estimate("2026-07-01"))}
    assert not {kind for kind in kinds if kind.startswith(("completion", "completed", "cif"))}


COURSES = """
    insert into int_opinion_course
    select
        n::text, 1, 'knee_arthroplasty', 'against', 12, '2024-01-31', '2025-01-31',
        case when n <= 12 then date '2024-03-01' end, case when n = 13 then date '2024-03-01' end,
        case when n > 54 then date '2024-05-31' end, n < 1000
    from generate_series(1, 60) as n
"""


def test_incidence_is_part_of_the_basis(bench: Bench) -> None:
    bench.run(COURSES, COURSES.replace("(1, 60)", "(1001, 1400)"))
    found = bench.cells(bench.estimate("2026-07-01"))
    curve = {
        kind: [found[kind, "knee_arthroplasty", "", "against", month] for month in range(13)]
        for kind in ("cif_procedure", "cif_death")
    }
    assert curve["cif_procedure"][0][0] == 0
    assert [row[0] for row in curve["cif_procedure"][1:]] == [Decimal("0.2")] * 12
    assert round(curve["cif_death"][12][0], 6) == Decimal("0.016667")
    assert [curve["cif_procedure"][month][1] for month in (0, 1, 4, 12)] == [60, 47, 41, 41]


@pytest.mark.parametrize(
    ("as_of", "latest", "month"),
    [((2026, 7, 1), "2026-06", "2026-06"), ((2026, 7, 31), "2026-07", "2026-06"),
     ((2026, 7, 31), "2026-05", "2026-04")],
)  # fmt: skip
def test_only_whole_months_are_valued(as_of: tuple[int, int, int], latest: str, month: str) -> None:
    """A month is over before as_of; of a late feed, the newest month may be half there."""
    numbers = [month_number(date.fromisoformat(f"{text}-01")) for text in (latest, month)]
    assert valuation_month(date(*as_of), numbers[0]) == numbers[1]


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
    more = "update int_episode_component set cost = cost + 1 where episode_id in ('b', 'c')"
    with connect(bench.settings, "transformer") as conn:
        conn.execute(f"set local search_path = work_{bench.payor}".encode())
        conn.execute(more.encode())
    repaired = bench.publish(bench.estimate("2026-07-11"))
    assert repaired != blocked
    price = "ec", "knee_arthroplasty", "system", 0
    assert bench.parameters(repaired)[price][0] == bench.parameters(blocked)[price][0] + Decimal(
        "0.5"
    )
    assert bench.estimate("2026-07-12") == repaired


def test_a_basis_without_observations_does_not_hold_the_month(bench: Bench) -> None:
    """The payor's first night came before its files."""
    with connect(bench.settings, "transformer") as conn:
        conn.execute(f"set local search_path = work_{bench.payor}".encode())
        for table in ("int_episode_component", "int_case"):
            conn.execute(f"alter table {table} rename to {table}_later".encode())
            conn.execute(f"create table {table} (like {table}_later)".encode())
    empty = bench.publish(bench.estimate("2026-07-10"))
    assert all(n == 0 for _, n, *_ in bench.parameters(empty).values())
    with connect(bench.settings, "transformer") as conn:
        conn.execute(f"set local search_path = work_{bench.payor}".encode())
        for table in ("int_episode_component", "int_case"):
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
