"""Connections to the warehouse, one right set per step.

`role=None` is the owner (migrations only). Every step of a night names its role: the login is then
`<database>_app`, which owns nothing, and the session runs with that role's rights from its start.
"""

from __future__ import annotations

import psycopg
import psycopg2.extensions
import sqlalchemy
from sqlalchemy.engine import URL, make_url

from pipeline.settings import Settings
from warehouse import credentials, server

ROLES = ("loader", "linker", "transformer", "gatekeeper", "publisher", "reporter")
MIN_VERSION = 17


class ServerTooOldError(RuntimeError):
    """The server named by SECOND_OPINION_DATABASE_URL lacks what the load needs."""

    def __init__(self, version: int) -> None:
        super().__init__(f"E-SERVER-VERSION PostgreSQL {MIN_VERSION}+ needed, not {version}")
        self.version = version


def database_name(settings: Settings) -> str:
    """The warehouse's database: the URL's if it names one, else the default."""
    if settings.database_url:
        named = make_url(settings.database_url).database
        if named and named != "postgres":
            return named
    return settings.database


def role_name(settings: Settings, role: str) -> str:
    """Server-wide name of a short role name (`loader` -> `second_opinion_loader`)."""
    if role not in (*ROLES, "app"):
        raise ValueError(f"unknown role {role!r}; one of {', '.join(ROLES)}")
    return f"{database_name(settings)}_{role}"


def external_address(settings: Settings) -> tuple[str, int]:
    """(host, port) of SECOND_OPINION_DATABASE_URL."""
    parsed = make_url(settings.database_url or "")
    return parsed.host or "127.0.0.1", parsed.port or 5432


def admin_url(settings: Settings, database: str | None = None) -> URL:
    """The owner's address; starts the embedded server when it is not running."""
    name = database or database_name(settings)
    if settings.database_url:
        return make_url(settings.database_url).set(drivername="postgresql", database=name)
    found = server.ensure_running(settings)
    word = credentials.read(settings)["passwords"][server.SUPERUSER]
    return URL.create("postgresql", server.SUPERUSER, word, found.host, found.port, name)


def login_url(settings: Settings, login: str, database: str | None = None) -> URL:
    """Address of any login whose password this installation made (`airflow`, `bi_<payor>`)."""
    word = credentials.password(settings, login)
    return admin_url(settings, database).set(username=login, password=word)


def url(
    settings: Settings,
    role: str | None = None,
    database: str | None = None,
    driver: str = "postgresql+psycopg",
) -> str:
    """Address as text, password included. Never log it."""
    if role is None:
        return _text(admin_url(settings, database).set(drivername=driver))
    address = login_url(settings, role_name(settings, "app"), database).set(drivername=driver)
    # Without a space: libpq does not read "+" in an address as one.
    options = {"options": f"-crole={role_name(settings, role)}"}
    return _text(address.update_query_dict(options))


def airflow_url(settings: Settings, driver: str = "postgresql+psycopg2") -> str:
    """Address of Airflow's metadata database, with its own login."""
    return _text(login_url(settings, "airflow", "airflow").set(drivername=driver))


def connect(
    settings: Settings, role: str | None = None, autocommit: bool = False
) -> psycopg.Connection:
    """A psycopg 3 connection that runs as `role`."""
    return psycopg.connect(url(settings, role, driver="postgresql"), autocommit=autocommit)


def connect2(settings: Settings, role: str | None = None) -> psycopg2.extensions.connection:
    """A psycopg2 connection, for COPY that raises many notices (psycopg 3 can deadlock there)."""
    return psycopg2.connect(url(settings, role, driver="postgresql"))


def connect_login(settings: Settings, login: str, autocommit: bool = False) -> psycopg.Connection:
    """A connection as one of the product's logins, for example `bi_northlake`."""
    return psycopg.connect(_text(login_url(settings, login)), autocommit=autocommit)


def engine(settings: Settings, role: str | None = None) -> sqlalchemy.Engine:
    """An SQLAlchemy engine that runs as `role`."""
    return sqlalchemy.create_engine(url(settings, role))


# One build session sorts and hashes millions of rows; two of them run at a time.
BUILD_SESSION = {
    "work_mem": "128MB",
    "maintenance_work_mem": "256MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "1",
}


def dbt_env(settings: Settings, payor: str) -> dict[str, str]:
    """Environment for `dbt_project/profiles.yml`; dbt works as `transformer`."""
    address = login_url(settings, role_name(settings, "app"))
    return {
        "PGOPTIONS": " ".join(f"-c{name}={value}" for name, value in BUILD_SESSION.items()),
        "SO_DB_HOST": address.host or "",
        "SO_DB_PORT": str(address.port or 5432),
        "SO_DB_USER": address.username or "",
        "SO_DB_PASSWORD": str(address.password or ""),
        "SO_DB_NAME": address.database or "",
        "SO_DB_ROLE": role_name(settings, "transformer"),
        "SO_PAYOR": payor,
    }


def require_version(conn: psycopg.Connection) -> None:
    """Refuse servers that are too old. Raises ServerTooOldError."""
    version = conn.info.server_version // 10000
    if version < MIN_VERSION:
        raise ServerTooOldError(version)


def _text(address: URL) -> str:
    return address.render_as_string(hide_password=False)
