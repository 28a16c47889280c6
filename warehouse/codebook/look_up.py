"""Questions about loaded reference data. Every role may ask them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from warehouse.codebook.diagnosis import clean
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import Kind
from warehouse.codebook.load import derived_with

CODES = {
    "diagnosis": "select * from reference.diagnosis_code"
    " where code_system = %(kind)s and code = %(code)s order by valid_from",
    "catalogue": "select * from reference.catalogue"
    " where code_system = %(kind)s and code = %(code)s order by valid_from",
    "bridge": "select * from reference.code_bridge"
    " where code_system = %(system)s and %(code)s in (from_code, to_code)"
    " order by from_code, to_code, to_since",
    "crosswalk": "select * from reference.crosswalk"
    " where from_system = %(system)s and %(code)s in (from_code, to_code)"
    " order by from_code, scenario, choice_list, to_code",
    "ccsr": "select * from reference.ccsr where code = %(code)s order by release",
    "ccsr_procedure": "select * from reference.ccsr_procedure where code = %(code)s"
    " order by release",
    "country": "select * from reference.country where country_code = %(code)s",
    "currency": "select * from reference.currency where currency_code = %(code)s",
    "fx": "select * from reference.fx_rate where source = %(kind)s and currency_code = %(code)s"
    " order by rate_date desc limit 12",
    "ppp": "select * from reference.ppp where country_code = %(code)s order by year desc limit 12",
}


def releases(conn: psycopg.Connection, kind: str | None = None) -> list[dict[str, Any]]:
    """Loaded releases of one kind or all, by kind and first day."""
    return (
        conn.cursor(row_factory=dict_row)
        .execute(
            """
        select
            kind, release, valid_from, valid_to, is_complete, is_current, row_count, rows_skipped,
            sha256
        from reference.release
        where kind = coalesce(%s, kind)
        order by kind, valid_from, release
        """,
            (kind,),
        )
        .fetchall()
    )


def outdated(conn: psycopg.Connection) -> list[tuple[str, str]]:
    """(kind, release) of diagnosis lists loaded before the rules or code of derivation changed."""
    rows = conn.execute(
        """
        select r.kind, r.release
        from reference.release as r
        inner join reference.code_system as s on r.kind = s.code_system
        where s.subject = 'diagnosis' and r.derived_with <> %s
        order by r.kind, r.valid_from, r.release
        """,
        (derived_with(),),
    )
    return [(str(kind), str(release)) for kind, release in rows]


def codes(conn: psycopg.Connection, kind: Kind, code: str) -> list[dict[str, Any]]:
    """Rows of one code, with or without its dot, in every validity."""
    values = {"kind": kind.name, "system": kind.code_system, "code": clean(code)}
    rows = conn.cursor(row_factory=dict_row).execute(CODES[kind.target].encode(), values)
    return rows.fetchall()


def pinned(
    conn: psycopg.Connection, payor: str, release: int | None = None
) -> dict[str, dict[str, str]]:
    """kind -> release -> days and checksum of a release of figures; the visible one by default.

    Raises ReferenceRefused when the payor has no such release.
    """
    row = conn.execute(
        """
        select reference_versions
        from ops.release
        where
            payor_id = %(payor)s
            and release_id = coalesce(
                %(release)s,
                (select release_id from ops.release_pointer where payor_id = %(payor)s)
            )
        """,
        {"payor": payor, "release": release},
    ).fetchone()
    if row is None:
        raise ReferenceRefused("E-REF-UNKNOWN")
    found: dict[str, dict[str, str]] = row[0]
    return found
