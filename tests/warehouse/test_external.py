"""A server of one's own: an owner with CREATEDB and CREATEROLE, and no superuser, is enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.settings import ROOT, Settings
from tests.conftest import PAYOR_YAML
from tests.warehouse.conftest import Night
from warehouse import connection, migrate, server
from warehouse import payor as payors

PAYOR = "foreign_plan"


@pytest.fixture(scope="module")
def external(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that name a server which another installation runs."""
    host = Settings(root=ROOT, home=tmp_path_factory.mktemp("host"))
    found = server.ensure_running(host)
    try:
        address = connection.url(host, database="postgres", driver="postgresql")
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute("create role steward login createdb createrole password 'test-only'")
        named = f"postgresql://steward:test-only@{found.host}:{found.port}/outcomes"
        settings = Settings(ROOT, tmp_path_factory.mktemp("home"), database_url=named)
        migrate.init(settings)
        yield settings
    finally:
        server.destroy(host)


def test_a_night_works_on_a_foreign_server(external: Settings, tmp_path: Path) -> None:
    path = tmp_path / f"{PAYOR}.yml"
    path.write_text(
        PAYOR_YAML.format(
            payor=PAYOR, currency="USD", adjustments="replacement", bridge="", more=""
        )
    )
    payors.add(external, path)
    night = Night(external, PAYOR)
    night.whole({"a": 1})
    night.whole({"a": 2})
    assert night.seen() == {"a": 2}
    assert migrate.init(external).payors == (PAYOR,)
    with connection.connect_login(external, f"outcomes_bi_{PAYOR}") as conn:
        rows = conn.execute("select payor_id, turnaround_days from bi.fct_second_opinion")
        assert rows.fetchall() == [(PAYOR, 2)]


def test_roles_carry_the_name_of_the_database(external: Settings) -> None:
    assert connection.role_name(external, "loader") == "outcomes_loader"
    with connection.connect(external, "loader") as conn:
        row = conn.execute("select current_user, session_user, current_database()").fetchone()
    assert row == ("outcomes_loader", "outcomes_app", "outcomes")
