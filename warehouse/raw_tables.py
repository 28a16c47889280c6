"""Raw tables of a payor, built from ingestion/contracts/feeds/*.yml, and the views figures rest on.

Tables are created and columns are added, never altered or dropped: raw rows are kept as they came.
The view of the same name in `kept_<payor>` leaves out what a steward has withdrawn.
Columns that identify a person are not here: they are stored in `vault` (s012).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from pipeline.settings import ROOT

CONTRACTS = ROOT / "ingestion" / "contracts" / "feeds"
TYPES = {
    "text": "text",
    "date": "date",
    "integer": "integer",
    "money": "numeric(18, 4)",
    "quantity": "numeric(18, 4)",
}


# The expressions by which the night finds touched rows; the same as in dbt_project/macros/keys.sql.
FAMILY_KEY = "md5('{payor}|' || coalesce(nullif(original_claim_id, ''), claim_id))"
NPI_KEY = "md5('{payor}|' || (nullif(payee_npi, '') || ':' || patient_control_number))"
TIN_KEY = "md5('{payor}|' || (nullif(payee_tin, '') || ':' || patient_control_number))"
CASE_KEY = "md5('{payor}|' || consultation_id)"
MEMBER_KEY = "coalesce(nullif(member_id, ''), person_id)"


class RawDriftError(RuntimeError):
    """A stored raw column has another type than the contract. Facts: schema, table, column."""

    def __init__(self, schema: str, table: str, column: str) -> None:
        super().__init__(f"E-RAW-DRIFT {schema}.{table}.{column}")
        self.schema, self.table, self.column = schema, table, column


def sync(conn: psycopg.Connection, payor: str, folder: Path = CONTRACTS) -> list[str]:
    """Create what a payor's tables and views lack; returns the feeds. Raises RawDriftError."""
    contracts = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yml"))]
    for contract in contracts:
        _sync_feed(conn, f"raw_{payor}", contract)
        _sync_view(conn, payor, contract["feed"])
    return [contract["feed"] for contract in contracts]


def _sync_feed(conn: psycopg.Connection, schema: str, contract: dict[str, Any]) -> None:
    table = contract["feed"]
    target = sql.Identifier(schema, table)
    statement = sql.SQL(
        """
        create table if not exists {} (
            receipt_id bigint not null,
            record_no integer not null,
            expansion_no smallint not null default 1,
            primary key (receipt_id, record_no, expansion_no)
        )
        """
    )
    conn.execute(statement.format(target))
    stored = column_types(conn, schema, table)
    kept = [column for column in contract["columns"] if column.get("kept_in") != "vault"]
    for column in kept:
        name, kind = column["name"], TYPES[column["type"]]
        if name not in stored:
            _add_column(conn, target, name, kind, bool(column.get("required")))
        elif stored[name] != kind.replace(", ", ","):
            raise RawDriftError(schema, table, name)
    _index(conn, schema, table, {column["name"] for column in kept})


def _sync_view(conn: psycopg.Connection, payor: str, table: str) -> None:
    """A view keeps the columns it was made with: it is made again, new columns last."""
    statement = sql.SQL(
        """
        create or replace view {} as
        select stored.*
        from {} as stored
        where not exists (
            select 1
            from ops.withdrawn as w
            where
                w.receipt_id = stored.receipt_id
                and stored.record_no between w.first_record and w.last_record
        )
        """
    )
    names = (sql.Identifier(f"{kind}_{payor}", table) for kind in ("kept", "raw"))
    conn.execute(statement.format(*names))


def _index(conn: psycopg.Connection, schema: str, table: str, columns: set[str]) -> None:
    """A night that touches few keys must not read all rows."""
    payor = schema.removeprefix("raw_")
    keys = {
        "family": (FAMILY_KEY, {"original_claim_id", "claim_id"}),
        "npi": (NPI_KEY, {"payee_npi", "claim_status_code"}),
        "tin": (TIN_KEY, {"payee_tin", "claim_status_code"}),
        "case": (CASE_KEY, {"consultation_id"}),
        "member": (MEMBER_KEY, {"member_id", "person_id"}),
        "claim": ("claim_id", {"claim_id", "ndc_code"}),
        "system": ("code_system", {"code_system", "opinion"}),
    }
    if "sender_record_id" in columns:
        # most senders have none
        statement = (
            f"create index if not exists {table}_record on {schema}.{table} (sender_record_id)"
            " where sender_record_id is not null"
        )
        conn.execute(statement.encode())
    for name, (expression, needed) in keys.items():
        if needed <= columns:
            text = expression.format(payor=payor)
            statement = f"create index if not exists {table}_{name} on {schema}.{table} (({text}))"
            conn.execute(statement.encode())


def _add_column(
    conn: psycopg.Connection, target: sql.Identifier, name: str, kind: str, required: bool
) -> None:
    statement = sql.SQL("alter table {} add column {} {} {}").format(
        target,
        sql.Identifier(name),
        sql.SQL(kind),
        sql.SQL("not null" if required else ""),
    )
    conn.execute(statement)


def column_types(conn: psycopg.Connection, schema: str, table: str) -> dict[str, str]:
    """Column -> type as PostgreSQL writes it, in the table's order."""
    rows = conn.execute(
        """
        select a.attname, format_type(a.atttypid, a.atttypmod)
        from pg_attribute as a
        inner join pg_class as c on a.attrelid = c.oid
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = %s and c.relname = %s and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """,
        (schema, table),
    )
    return {str(name): str(kind) for name, kind in rows}
