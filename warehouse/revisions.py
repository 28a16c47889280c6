"""Run the Alembic branches: `shared` once, `payor` once per payor schema.

The DDL is SQL in `migrations/sql`; `${name}` stands for a role, schema or database of this
installation, quoted.
"""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy
from alembic import command, context, op
from alembic.config import Config

from pipeline.settings import Settings
from warehouse.connection import ROLES, database_name, engine, role_name
from warehouse.roles import bi_group

HERE = Path(__file__).resolve().parent / "migrations"
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def upgrade_shared(settings: Settings) -> None:
    """Bring ops, vault, reference, mart and bi to the newest revision."""
    with engine(settings).begin() as connection:
        connection.execute(sqlalchemy.text("create schema if not exists ops"))
        _upgrade(connection, "shared", "ops", names(settings))


def upgrade_payor(settings: Settings, payor: str) -> None:
    """Bring one payor's schemas to the newest revision."""
    raw, kept, work = (f"{kind}_{payor}" for kind in ("raw", "kept", "work"))
    with engine(settings).begin() as connection:
        connection.execute(sqlalchemy.text(f"create schema if not exists {quote(raw)}"))
        schemas = {"raw": quote(raw), "kept": quote(kept), "work": quote(work)}
        _upgrade(connection, "payor", raw, names(settings) | schemas)


def run_sql(name: str) -> None:
    """Run a file of `migrations/sql` in the running revision."""
    words = context.config.attributes["names"]
    text = PLACEHOLDER.sub(lambda found: words[found[1]], (HERE / "sql" / name).read_text())
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(text)  # several statements at once


def names(settings: Settings) -> dict[str, str]:
    """Quoted names for the templates."""
    found = {role: quote(role_name(settings, role)) for role in (*ROLES, "app")}
    database = quote(database_name(settings))
    return found | {"bi": quote(bi_group(settings)), "database": database}


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _upgrade(
    connection: sqlalchemy.Connection, branch: str, schema: str, words: dict[str, str]
) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "newline")
    folders = (HERE / "versions" / "shared", HERE / "versions" / "payor")
    config.set_main_option("version_locations", "\n".join(map(str, folders)))
    config.attributes |= {"connection": connection, "schema": schema, "names": words}
    command.upgrade(config, f"{branch}@head")
