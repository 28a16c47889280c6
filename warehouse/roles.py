"""Roles, logins and databases: what belongs to the whole server and no migration can own."""

from __future__ import annotations

import psycopg
from psycopg import sql

from pipeline.settings import DATABASE, Settings
from warehouse import credentials
from warehouse.connection import ROLES, admin_url, database_name, require_version, role_name

AIRFLOW = "airflow"
BI_CONNECTIONS = 20


def ensure_databases(settings: Settings) -> None:
    """Create the roles, the warehouse's database and Airflow's. Idempotent.

    On a server of your own the login needs CREATEDB and CREATEROLE.
    """
    address = admin_url(settings, "postgres").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as conn:
        require_version(conn)
        for role in ROLES:
            ensure_role(conn, role_name(settings, role))
        ensure_role(conn, bi_group(settings))
        _ensure_app(conn, settings)
        ensure_login(conn, settings, AIRFLOW)
        _ensure_database(conn, database_name(settings), owner=None)
        _ensure_database(conn, AIRFLOW, owner=AIRFLOW)


def bi_group(settings: Settings) -> str:
    """Group of all BI logins; prefixed when several warehouses may share a server."""
    return _bi_prefix(settings) + "bi"


def bi_login(settings: Settings, payor: str) -> str:
    """The payor's BI login."""
    return f"{_bi_prefix(settings)}bi_{payor}"


def ensure_role(conn: psycopg.Connection, name: str) -> None:
    """A NOLOGIN role; a creator that is no superuser becomes a member, to work on its behalf."""
    if not _role_exists(conn, name):
        conn.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
        if not _is_superuser(conn):
            grant = sql.SQL("grant {} to current_user with inherit true, set true")
            conn.execute(grant.format(sql.Identifier(name)))


def ensure_login(conn: psycopg.Connection, settings: Settings, name: str) -> None:
    """A login without any special right, with the password of this installation."""
    if not _role_exists(conn, name):
        conn.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    statement = sql.SQL("alter role {} login noinherit password {}")
    word = sql.Literal(_scram(conn, name, credentials.password(settings, name)))
    conn.execute(statement.format(sql.Identifier(name), word))


def ensure_bi_login(conn: psycopg.Connection, settings: Settings, payor: str) -> str:
    """The payor's read-only login; returns its name."""
    name = bi_login(settings, payor)
    ensure_login(conn, settings, name)
    role = sql.Identifier(name)
    group = sql.Identifier(bi_group(settings))
    conn.execute(sql.SQL("grant {} to {} with inherit true, set false").format(group, role))
    for setting, value in (
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_read_only", "on"),
        ("idle_in_transaction_session_timeout", "10min"),
        ("search_path", "bi"),
    ):
        statement = sql.SQL("alter role {} set {} = {}")
        conn.execute(statement.format(role, sql.Identifier(setting), sql.Literal(value)))
    limit = sql.SQL("alter role {} connection limit {}")
    conn.execute(limit.format(role, sql.Literal(BI_CONNECTIONS)))
    return name


def _ensure_app(conn: psycopg.Connection, settings: Settings) -> None:
    app = role_name(settings, "app")
    ensure_login(conn, settings, app)
    for role in ROLES:
        grant = sql.SQL("grant {} to {} with inherit false, set true")
        member = (sql.Identifier(role_name(settings, role)), sql.Identifier(app))
        conn.execute(grant.format(*member))


def _ensure_database(conn: psycopg.Connection, name: str, owner: str | None) -> None:
    found = conn.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
    if found:
        return
    conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    if owner:
        # Not made as its owner at once: that needs the right to become that role.
        grant = sql.SQL("grant all on database {} to {}")
        conn.execute(grant.format(sql.Identifier(name), sql.Identifier(owner)))
        revoke = sql.SQL("revoke all on database {} from public")
        conn.execute(revoke.format(sql.Identifier(name)))
        _grant_public_schema(conn, name, owner)


def _grant_public_schema(conn: psycopg.Connection, database: str, owner: str) -> None:
    info = conn.info
    with psycopg.connect(
        host=info.host,
        port=info.port,
        user=info.user,
        password=info.password,
        dbname=database,
        autocommit=True,
    ) as inside:
        grant = sql.SQL("grant all on schema public to {}")
        inside.execute(grant.format(sql.Identifier(owner)))


def _scram(conn: psycopg.Connection, name: str, word: str) -> str:
    """The verifier, so that no password crosses the wire or reaches a statement log."""
    encrypted = conn.pgconn.encrypt_password(word.encode(), name.encode(), b"scram-sha-256")
    return encrypted.decode()


def _bi_prefix(settings: Settings) -> str:
    name = database_name(settings)
    return "" if name == DATABASE else f"{name}_"


def _role_exists(conn: psycopg.Connection, name: str) -> bool:
    return conn.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone() is not None


def _is_superuser(conn: psycopg.Connection) -> bool:
    row = conn.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])
