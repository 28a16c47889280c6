"""Who may do what: tenants see their own rows only, steps do their own work only."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from pipeline.settings import Settings
from warehouse import mart_contract
from warehouse.connection import connect, connect_login
from warehouse.payor_file import Payor

DENIED = psycopg.errors.InsufficientPrivilege
SHARED_VIEWS = {"dim_procedure_family", "dim_diagnosis_code", "dim_country", "dim_currency"}


def _bi_relations(settings: Settings) -> list[str]:
    with connect(settings) as conn:
        rows = conn.execute(
            "select viewname from pg_views where schemaname = 'bi' order by viewname"
        ).fetchall()
    return [name for (name,) in rows]


def _link_nobody(settings: Settings, payor: str) -> None:
    with connect(settings, "linker") as conn:
        conn.execute(
            """
            insert into ops.linkage values (
                %s, 1, '2026-07-01', '', '', '1', false, 0.995, 0.05, 10, 1, 0, 0, 0, 0, 1, 1
            )
            """,
            (payor,),
        )


def test_a_login_sees_its_own_rows_in_every_relation(
    settings: Settings, two_payors: tuple[str, str]
) -> None:
    names = _bi_relations(settings)
    published = {relation.name for relation in mart_contract.load()[1]}
    live = {"release_status", "mart_data_health", "mart_linkage_health"}
    assert set(names) == published | SHARED_VIEWS | live
    for payor in two_payors:
        _link_nobody(settings, payor)
    for payor in two_payors:
        with connect_login(settings, f"bi_{payor}", autocommit=True) as conn:
            for name in sorted(set(names) - SHARED_VIEWS):
                rows = conn.execute(f"select distinct payor_id from bi.{name}".encode())
                assert rows.fetchall() == [(payor,)], name
            for name in SHARED_VIEWS:
                row = conn.execute(f"select count(*) from bi.{name}".encode()).fetchone()
                assert row is not None and row[0] > 0


def test_shared_views_have_no_payor(settings: Settings) -> None:
    with connect(settings) as conn:
        rows = conn.execute(
            "select table_name from information_schema.columns"
            " where table_schema = 'bi' and column_name = 'payor_id'"
        ).fetchall()
    assert not SHARED_VIEWS & {name for (name,) in rows}


@pytest.mark.parametrize(
    "statement",
    [
        "select * from mart.fct_second_opinion",
        "select * from ops.release",
        "select * from ops.bi_login",
        "select * from ops.receipt",
        "select * from vault.person",
        "select * from vault.identity",
        "select * from vault.link",
        "select * from ops.linkage",
        "select * from reference.procedure_code",
        "select * from raw_{other}.eligibility",
        "select * from raw_{own}.eligibility",
        "select * from work_{own}.run_context",
        "create table bi.probe (n integer)",
        "create table public.probe (n integer)",
        "create temp table probe (n integer)",
        "create view bi.probe as select 1",
        "set role second_opinion_publisher",
        "set role bi",
        "set session authorization postgres",
        "alter role {login} superuser",
        "copy (select 1) to program 'true'",
        "select pg_read_file('postgresql.conf')",
    ],
)
def test_a_bi_login_cannot(settings: Settings, two_payors: tuple[str, str], statement: str) -> None:
    own, other = two_payors
    text = statement.format(own=own, other=other, login=f"bi_{own}")
    with connect_login(settings, f"bi_{own}", autocommit=True) as conn:
        conn.execute("set default_transaction_read_only = off")  # a default, not a wall
        with pytest.raises(DENIED):
            conn.execute(text.encode())


def test_a_bi_login_can_write_nothing(settings: Settings, two_payors: tuple[str, str]) -> None:
    with connect_login(settings, f"bi_{two_payors[0]}", autocommit=True) as conn:
        rows = conn.execute(
            """
            select c.oid::regclass::text
            from pg_class as c
            inner join pg_namespace as n on c.relnamespace = n.oid
            where
                n.nspname in ('bi', 'mart', 'ops', 'reference', 'vault', 'public')
                and c.relkind in ('r', 'v')
                and has_table_privilege(c.oid, 'insert, update, delete, truncate, trigger')
            """
        ).fetchall()
    assert rows == []


def test_settings_do_not_open_another_tenant(
    settings: Settings, two_payors: tuple[str, str]
) -> None:
    own, other = two_payors
    with connect_login(settings, f"bi_{own}", autocommit=True) as conn:
        for statement in ("set row_security = off", f"set app.payor_id = '{other}'"):
            conn.execute(statement.encode())
        with pytest.raises(psycopg.errors.Error):
            conn.execute("select count(*) from bi.fct_second_opinion")
        conn.execute("reset row_security")
        row = conn.execute(
            "select count(*) from bi.fct_second_opinion where payor_id = %s", (other,)
        ).fetchone()
        assert row == (0,)
        stats = conn.execute(
            "select count(*) from pg_stats where schemaname in ('mart', 'ops')"
            " and tablename not in ('check_register', 'bi_login')"
        ).fetchone()
        assert stats == (0,)


def test_bi_reads_repeatably_and_read_only_by_default(settings: Settings, payor: Payor) -> None:
    with connect_login(settings, f"bi_{payor.payor_id}", autocommit=True) as conn:
        for name, value in (
            ("transaction_isolation", "repeatable read"),
            ("transaction_read_only", "on"),
        ):
            assert conn.execute("select current_setting(%s)", (name,)).fetchone() == (value,)


def test_every_mart_table_has_forced_row_security(settings: Settings) -> None:
    with connect(settings) as conn:
        rows = conn.execute(
            """
            select c.relname, c.relrowsecurity and c.relforcerowsecurity
            from pg_class as c
            where c.relnamespace = 'mart'::regnamespace and c.relkind = 'r'
            """
        ).fetchall()
        views = conn.execute(
            """
            select c.relname
            from pg_class as c
            where
                c.relnamespace = 'bi'::regnamespace
                and not coalesce(c.reloptions @> array['security_invoker=true'], false)
            """
        ).fetchall()
    assert rows and all(is_secured for _, is_secured in rows)
    assert views == []


MATRIX = [
    ("loader", "select 1 from raw_{p}.medical_claim", True),
    ("loader", "insert into vault.person (payor_id, member_id) values ('{p}', 'm')", True),
    ("loader", "delete from raw_{p}.medical_claim", False),
    ("loader", "update raw_{p}.medical_claim set claim_id = 'x'", False),
    ("loader", "delete from ops.receipt", False),
    ("loader", "select 1 from work_{p}.run_context", False),
    ("loader", "select 1 from mart.fct_case_savings", False),
    ("loader", "insert into ops.gate_result values ('{p}', 1, 'x', 'PASS')", False),
    ("transformer", "select 1 from raw_{p}.medical_claim", True),
    ("transformer", "select 1 from vault.person", True),
    ("transformer", "create table work_{p}.probe (n integer)", True),
    ("transformer", "insert into vault.person (payor_id, member_id) values ('{p}', 'm')", False),
    ("transformer", "insert into raw_{p}.eligibility (receipt_id) values (1)", False),
    ("transformer", "update mart.fct_case_savings set released_to = 1", False),
    ("transformer", "update ops.release_pointer set release_id = 1", False),
    ("transformer", "create table mart.probe (n integer)", False),
    ("transformer", "create table raw_{p}.probe (n integer)", False),
    ("transformer", "update work_{p}.run_context set as_of = '2020-01-01'", False),
    ("gatekeeper", "select 1 from raw_{p}.medical_claim", True),
    ("gatekeeper", "select 1 from work_{p}.run_context", True),
    ("gatekeeper", "select 1 from vault.person", False),
    ("gatekeeper", "delete from ops.gate_result", False),
    ("gatekeeper", "update ops.check_register set severity = 'S3'", False),
    ("gatekeeper", "create table work_{p}.probe (n integer)", False),
    ("publisher", "select 1 from mart.fct_case_savings", True),
    ("publisher", "delete from mart.fct_case_savings", False),
    ("publisher", "update mart.fct_case_savings set gross_savings = 1", False),
    ("publisher", "insert into ops.gate_result values ('{p}', 1, 'x', 'PASS')", False),
    ("publisher", "select 1 from raw_{p}.medical_claim", False),
    ("publisher", "select 1 from vault.person", False),
    ("reporter", "select 1 from bi.fct_case_savings", True),
    ("reporter", "select 1 from ops.release", True),
    ("reporter", "select 1 from mart.fct_case_savings", False),
    ("reporter", "select 1 from raw_{p}.medical_claim", False),
    ("reporter", "select 1 from vault.person", False),
    ("reporter", "insert into ops.release_event (payor_id) values ('x')", False),
]


@pytest.mark.parametrize(("role", "statement", "is_allowed"), MATRIX)
def test_least_privilege(
    settings: Settings,
    shared_payor: str,
    role: str,
    statement: str,
    is_allowed: bool,
) -> None:
    text = statement.format(p=shared_payor).encode()
    with connect(settings, role) as conn:
        if is_allowed:
            conn.execute(text)
        else:
            with pytest.raises(DENIED):
                conn.execute(text)
        conn.rollback()


@pytest.fixture(scope="module")
def shared_payor(add_payor: Callable[..., Payor]) -> str:
    """One payor for the whole matrix."""
    return add_payor("matrix").payor_id


def test_no_two_payors_may_read_each_others_work(
    settings: Settings, two_payors: tuple[str, str]
) -> None:
    with connect(settings) as conn:
        rows = conn.execute(
            "select role_name, count(*) from ops.bi_login"
            " where role_name like 'bi\\_%' group by role_name having count(*) > 1"
        ).fetchall()
    assert rows == []
