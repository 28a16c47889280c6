"""The reports' only way to data: one payor, one release, rows as dictionaries.

Without a release the `bi` views answer (the payor's current release); with one, the rows of `mart`
whose release range holds it. Values come back as the database gives them: money as Decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


class UnknownRelease(Exception):
    """The payor has no such release. Facts: payor, release."""

    def __init__(self, payor: str, release: int) -> None:
        super().__init__(f"{payor} has no release {release}")
        self.payor = payor
        self.release = release


class ReleaseNotReadable(Exception):
    """The connection's role sees the current release only. Facts: payor, release."""

    def __init__(self, payor: str, release: int) -> None:
        super().__init__(
            f"release {release} of {payor} is not the current one: read it as reader_role(release)"
        )
        self.payor = payor
        self.release = release


class UnknownPayor(Exception):
    """No payor of this name is registered. Fact: payor."""

    def __init__(self, payor: str) -> None:
        super().__init__(f"no payor is called {payor}")
        self.payor = payor


@dataclass(frozen=True)
class Source:
    """One payor's published rows. `release` None = what its readers see now."""

    conn: psycopg.Connection[Any]
    payor: str
    release: int | None = None

    def published(self, relation: str) -> str:
        """A `from` item with the relation's rows of this payor and release."""
        if self.release is None:
            return f"(select * from bi.{relation} where payor_id = %(payor)s) as {relation}"
        return (
            f"(select * from mart.{relation} where payor_id = %(payor)s"
            " and released_from <= %(release)s"
            f" and (released_to is null or released_to > %(release)s)) as {relation}"
        )

    def rows(self, sql: str, **values: Any) -> list[Row]:
        """Rows of a query; `{name}` in it stands for the published relation `name`."""
        for name in RELATIONS:
            sql = sql.replace("{" + name + "}", self.published(name))
        parameters = {"payor": self.payor, "release": self.release, **values}
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(sql.encode(), parameters).fetchall()

    def one(self, sql: str, **values: Any) -> Row | None:
        """The first row of a query, None without any."""
        found = self.rows(sql, **values)
        return found[0] if found else None


RELATIONS = (
    "dim_payor",
    "fct_second_opinion",
    "fct_diagnosis_change",
    "fct_treatment_change",
    "fct_procedure_decision",
    "fct_case_claim",
    "fct_case_savings",
    "fct_programme_fee",
    "mart_diagnosis_change",
    "mart_avoided_procedure",
    "mart_cost_savings",
    "mart_utilisation",
    "mart_adoption",
    "mart_treatment_change",
    "mart_opinion_process",
    "mart_literature_benchmark",
)


def reader_role(release: int | None) -> str:
    """The role that may read a release: `reporter` sees `bi` only, which has the current one."""
    return "reporter" if release is None else "publisher"


def open_source(conn: psycopg.Connection[Any], payor: str, release: int | None = None) -> Source:
    """A source for a known payor and, if given, one of its releases.

    The current release, named or not, is read through `bi`. Raises UnknownPayor, UnknownRelease.
    """
    source = Source(conn, payor, release)
    if source.one("select payor_id from ops.payor where payor_id = %(payor)s") is None:
        raise UnknownPayor(payor)
    if release is None:
        return source
    if not source.one(_RELEASE):
        raise UnknownRelease(payor, release)
    return source if may_read_mart(source) else Source(conn, payor)


def may_read_mart(source: Source) -> bool:
    """Whether the release has to be, and can be, read from `mart`; raises ReleaseNotReadable."""
    state = source.one(_READABLE) or {"is_current": False, "may_read": False}
    if state["may_read"]:
        return True
    if state["is_current"]:
        return False
    raise ReleaseNotReadable(source.payor, source.release or 0)


_RELEASE = """
    select release_id
    from ops.release
    where payor_id = %(payor)s and release_id = %(release)s
"""
_READABLE = """
    select
        has_schema_privilege('mart', 'usage') as may_read,
        exists (
            select 1 from ops.release_pointer
            where payor_id = %(payor)s and release_id = %(release)s
        ) as is_current
"""
