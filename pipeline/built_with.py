"""What a layer's tables were built with: increments are right only on top of the same rules.

New code, new reference data or new terms of the payor may change any row, also of keys that no file
touched. The signature of the last good build is kept beside the tables, in `work_<payor>`.
"""

from __future__ import annotations

import hashlib

import psycopg
from psycopg import sql

from warehouse.revision import code_revision


def signature(conn: psycopg.Connection, payor: str) -> str:
    """Hash of the code, the reference data and the payor's terms as they are now."""
    row = conn.execute(
        """
        select concat_ws('|', reference.payor_hash(payor_id), config_hash)
        from ops.payor
        where payor_id = %s
        """,
        (payor,),
    ).fetchone()
    rules = f"{code_revision()}|{row[0] if row else ''}"
    return hashlib.sha256(rules.encode()).hexdigest()


def remembered(conn: psycopg.Connection, payor: str, layer: str) -> str | None:
    """Signature of the layer's last good build; None before the first."""
    statement = sql.SQL("create table if not exists {} (layer text primary key, signature text)")
    conn.execute(statement.format(_table(payor)))
    found = sql.SQL("select signature from {} where layer = %s").format(_table(payor))
    row = conn.execute(found, (layer,)).fetchone()
    return str(row[0]) if row else None


def remember(conn: psycopg.Connection, payor: str, layer: str, built: str) -> None:
    """Note that the layer's tables now follow the rules of this signature."""
    statement = sql.SQL(
        "insert into {} (layer, signature) values (%s, %s)"
        " on conflict (layer) do update set signature = excluded.signature"
    )
    conn.execute(statement.format(_table(payor)), (layer, built))


def _table(payor: str) -> sql.Identifier:
    return sql.Identifier(f"work_{payor}", "layer_build")
