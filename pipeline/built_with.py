"""What a layer's tables were built with: increments are right only on top of the same rules.

New code, new reference data or new terms of the payor may change any row, also of keys that no file
touched. The signature of the last good build is kept beside the tables, in `work_<payor>`, with the
code systems that it speaks for: the lists of a system that came later say nothing about its rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import psycopg
from psycopg import sql

from warehouse.release_inputs import code_systems, versions_hash
from warehouse.revision import code_revision


@dataclass(frozen=True)
class Rules:
    """What tables follow: code, terms and reference data of these code systems, as one hash."""

    signature: str
    code_systems: tuple[str, ...]


def current(conn: psycopg.Connection, payor: str) -> Rules:
    """The rules that a build begun now follows."""
    return _rules(conn, payor, code_systems(conn, payor))


def is_stale(conn: psycopg.Connection, payor: str, layer: str) -> bool:
    """Whether the rules of the layer's last good build have changed; true before the first."""
    then = remembered(conn, payor, layer)
    return then is None or _rules(conn, payor, then.code_systems) != then


def remembered(conn: psycopg.Connection, payor: str, layer: str) -> Rules | None:
    """Rules of the layer's last good build; None before the first."""
    statement = sql.SQL(
        "create table if not exists {}"
        " (layer text primary key, signature text, code_systems text[])"
    )
    conn.execute(statement.format(_table(payor)))
    found = sql.SQL("select signature, code_systems from {} where layer = %s")
    row = conn.execute(found.format(_table(payor)), (layer,)).fetchone()
    return Rules(str(row[0]), tuple(row[1])) if row else None


def remember(conn: psycopg.Connection, payor: str, layer: str, rules: Rules) -> None:
    """Note that the layer's tables now follow these rules."""
    statement = sql.SQL(
        "insert into {} (layer, signature, code_systems) values (%s, %s, %s)"
        " on conflict (layer) do update"
        " set signature = excluded.signature, code_systems = excluded.code_systems"
    )
    values = (layer, rules.signature, list(rules.code_systems))
    conn.execute(statement.format(_table(payor)), values)


def _rules(conn: psycopg.Connection, payor: str, systems: tuple[str, ...]) -> Rules:
    row = conn.execute("select config_hash from ops.payor where payor_id = %s", (payor,)).fetchone()
    known = (code_revision(), versions_hash(conn, systems), row[0] if row else "")
    return Rules(hashlib.sha256("|".join(known).encode()).hexdigest(), systems)


def _table(payor: str) -> sql.Identifier:
    return sql.Identifier(f"work_{payor}", "layer_build")
