"""Load what ships in `warehouse/reference/`; its checksums enter the reference hash of a release.

Publishers' own releases come on top of it by `warehouse.codebook`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
from psycopg import sql

from warehouse.codebook import starter

FOLDER = Path(__file__).resolve().parent / "reference"
# Parents before children.
TABLES = (
    "procedure_family",
    "procedure_code",
    "family_related",
    "family_substitute",
    "modifier_rule",
    "statutory_indication",
    "literature_p0",
    "code_system",
    "code_suffix",
    "category_exception",
    "denial_code",
    "currency",
    "country",
    "placeholder",
    "adjustment_code",
    "relation_class",
    "change_reason",
    "class_grade",
    "behaviour_change",
    "diagnosis_site",
    "site_bound",
    "family_indication",
    "literature_benchmark",
    "family_invasiveness",
)
# Others refer to these rows, or a loaded release has added some: updated by key, never deleted.
MERGED = (
    "procedure_family",
    "code_system",
    "currency",
    "country",
    "relation_class",
    "change_reason",
)
# Columns in which an empty cell means "none" and not the empty text.
NULLABLE = (
    "payor_id",
    "effective_to",
    "valid_to",
    "published_year",
    "year_added",
    "numerator",
    "denominator",
    "value",
    "lower_value",
    "upper_value",
)


def load(conn: psycopg.Connection, folder: Path = FOLDER) -> str:
    """Load the files that differ from what is stored; returns the combined reference hash."""
    for table in TABLES:
        content = (folder / f"{table}.csv").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != _stored(conn, table):
            _replace(conn, table, content, digest)
    starter.load(conn, folder)
    combined = _combined(conn)
    conn.execute("update ops.installation set reference_hash = %s", (combined,))
    return combined


def _stored(conn: psycopg.Connection, table: str) -> str | None:
    row = conn.execute("select sha256 from reference.file where name = %s", (table,)).fetchone()
    return row[0] if row else None


def _replace(conn: psycopg.Connection, table: str, content: bytes, digest: str) -> None:
    """Merge by key where others refer to the rows, replace otherwise.

    Rows of the bridge that a payor brought or a release added stay.
    """
    header = content.split(b"\n", 1)[0].decode().split(",")
    target = sql.Identifier("reference", table)
    scratch = sql.Identifier(f"new_{table}")
    columns = _list(header)
    create = sql.SQL("create temp table {} (like {} including defaults) on commit drop")
    conn.execute(create.format(scratch, target))
    _copy(conn, scratch, header, content)
    if table in MERGED:
        _merge(conn, target, scratch, header)
    else:
        own = " where payor_id is null and not is_loaded"
        keep = sql.SQL(own if table == "procedure_code" else "")
        conn.execute(sql.SQL("delete from {}{}").format(target, keep))
        insert = sql.SQL("insert into {} ({}) select {} from {}")
        conn.execute(insert.format(target, columns, columns, scratch))
    rows = conn.execute(sql.SQL("select count(*) from {}").format(scratch)).fetchone()
    conn.execute(
        """
        insert into reference.file (name, sha256, row_count) values (%s, %s, %s)
        on conflict (name) do update
        set sha256 = excluded.sha256, row_count = excluded.row_count
        """,
        (table, digest, rows[0] if rows else 0),
    )


def _merge(
    conn: psycopg.Connection, target: sql.Identifier, scratch: sql.Identifier, header: list[str]
) -> None:
    """Update in place by the first column."""
    sets = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in header[1:]
    )
    statement = sql.SQL(
        "insert into {target} ({names}) select {names} from {scratch}"
        " on conflict ({key}) do update set {sets}"
    )
    conn.execute(
        statement.format(
            target=target,
            names=_list(header),
            scratch=scratch,
            key=sql.Identifier(header[0]),
            sets=sets,
        )
    )


def _copy(
    conn: psycopg.Connection, scratch: sql.Identifier, header: list[str], content: bytes
) -> None:
    """COPY; empty cells of the nullable columns become null, of the others ''."""
    filled = [name for name in header if name not in NULLABLE]
    statement = sql.SQL(
        "copy {} ({}) from stdin with (format csv, header true, null '', force_not_null ({}))"
    ).format(scratch, _list(header), _list(filled))
    with conn.cursor().copy(statement) as stream:
        stream.write(content)


def _list(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _combined(conn: psycopg.Connection) -> str:
    rows = conn.execute("select name, sha256 from reference.file order by name").fetchall()
    text = "".join(f"{name}:{digest}\n" for name, digest in rows)
    return hashlib.sha256(text.encode()).hexdigest()
