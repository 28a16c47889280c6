"""Compare a run's candidate rows with the open rows of `mart` and write the difference."""

from __future__ import annotations

import psycopg

from warehouse.mart_contract import TOUCH_COLUMN, Relation, load
from warehouse.runs import Run


class CandidateError(RuntimeError):
    """The candidate rows of a relation cannot be published. Facts: relation, reason, rows."""

    def __init__(self, relation: str, reason: str, rows: int = 0) -> None:
        super().__init__(f"E-CANDIDATE {relation} {reason} ({rows} rows)")
        self.relation, self.reason, self.rows = relation, reason, rows


def write_rows(
    conn: psycopg.Connection, run: Run, release_id: int, is_whole: bool
) -> tuple[int, int]:
    """(rows opened, rows closed). is_whole: compare all cases, not the touched ones only."""
    opened = closed = 0
    for relation in load()[1]:
        is_partial = relation.is_by_case and not is_whole
        _take_candidates(conn, run, relation, is_partial)
        ended = _close(conn, run, relation, release_id, is_partial)
        begun = _open(conn, run, relation, release_id)
        conn.execute(b"drop table candidate")
        conn.execute(
            "insert into ops.restatement values (%s, %s, %s, %s, %s)",
            (run.payor, release_id, relation.name, begun, ended),
        )
        opened, closed = opened + begun, closed + ended
    return opened, closed


def _take_candidates(
    conn: psycopg.Connection, run: Run, relation: Relation, is_partial: bool
) -> None:
    """The rows this run speaks for, with their hash. Raises CandidateError."""
    source = f"work_{run.payor}.{relation.name}"
    if conn.execute("select to_regclass(%s)", (source,)).fetchone() == (None,):
        raise CandidateError(relation.name, "is_missing")
    columns = ", ".join(f"c.{name}::{kind} as {name}" for name, kind in relation.columns.items())
    rules = [_touched(run, "c")] if is_partial else []
    if relation.is_by_case:
        rules.append(_not_withheld(run, "c"))
    where = f"where {' and '.join(rules)}" if rules else ""
    statement = (
        f"create temp table candidate on commit drop as select {columns},"
        f" {relation.hash_expression('c')} as row_hash from {source} as c {where}"
    )
    conn.execute(statement.encode())
    _verify_candidates(conn, run, relation)
    conn.execute(f"create unique index on candidate ({', '.join(relation.key)})".encode())
    conn.execute(b"analyze candidate")


def _verify_candidates(conn: psycopg.Connection, run: Run, relation: Relation) -> None:
    key = ", ".join(relation.key)
    nulls = " or ".join(f"{name} is null" for name in relation.key)
    statement = (
        f"select count(*) - count(distinct ({key})), count(*) filter (where {nulls}),"
        " count(*) filter (where payor_id is distinct from %s) from candidate"
    )
    row = conn.execute(statement.encode(), (run.payor,)).fetchone()
    assert row is not None
    reasons = ("key_repeats", "key_is_null", "foreign_payor")
    for reason, rows in zip(reasons, row, strict=True):
        if rows:
            raise CandidateError(relation.name, reason, rows)


def _close(
    conn: psycopg.Connection, run: Run, relation: Relation, release_id: int, is_partial: bool
) -> int:
    """End the open rows that have no identical candidate."""
    same = " and ".join(f"c.{name} = r.{name}" for name in relation.key)
    touched = f"and {_touched(run, 'r')}" if is_partial else ""
    statement = (
        f"update mart.{relation.name} as r set released_to = %s"
        f" where r.payor_id = %s and r.released_to is null {touched} and not exists"
        f" (select 1 from candidate as c where {same} and c.row_hash = r.row_hash)"
    )
    return conn.execute(statement.encode(), (release_id, run.payor)).rowcount


def _open(conn: psycopg.Connection, run: Run, relation: Relation, release_id: int) -> int:
    """Insert the candidates whose key is not open (any more)."""
    names = ", ".join((*relation.columns, "row_hash"))
    same = " and ".join(f"r.{name} = c.{name}" for name in relation.key)
    statement = (
        f"insert into mart.{relation.name} ({names}, released_from)"
        f" select {names}, %s from candidate as c where not exists"
        f" (select 1 from mart.{relation.name} as r where {same} and r.released_to is null)"
    )
    return conn.execute(statement.encode(), (release_id,)).rowcount


def _touched(run: Run, alias: str) -> str:
    work = f"work_{run.payor}.int_work_case"
    return f"{alias}.{TOUCH_COLUMN} in (select w.{TOUCH_COLUMN} from {work} as w)"


def _not_withheld(run: Run, alias: str) -> str:
    """Rows of members without consent stay in the candidates, but are in no published detail."""
    work = f"work_{run.payor}.int_withheld_case"
    return f"{alias}.{TOUCH_COLUMN} not in (select w.{TOUCH_COLUMN} from {work} as w)"
