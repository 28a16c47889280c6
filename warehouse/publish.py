"""Publish a run: write what differs from the open rows, move one pointer, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from warehouse.mart_contract import TOUCH_COLUMN, Relation, load
from warehouse.runs import Inputs, Run, fence, has_pending, head, inputs, mark, restatements


class PublishBlocked(RuntimeError):
    """Nothing was published. Facts: payor, reason, checks (ids without a valid verdict)."""

    def __init__(self, payor: str, reason: str, checks: tuple[str, ...] = ()) -> None:
        listed = f": {', '.join(checks)}" if checks else ""
        super().__init__(f"BLOCKED {payor} {reason}{listed}")
        self.payor, self.reason, self.checks = payor, reason, checks


class OlderThanHead(PublishBlocked):
    """The run's as_of lies before the newest release's."""


class CandidateError(RuntimeError):
    """The candidate rows of a relation cannot be published. Facts: relation, reason, rows."""

    def __init__(self, relation: str, reason: str, rows: int = 0) -> None:
        super().__init__(f"E-CANDIDATE {relation} {reason} ({rows} rows)")
        self.relation, self.reason, self.rows = relation, reason, rows


@dataclass(frozen=True)
class PublishResult:
    """state: published or unchanged; release_id is the newest release afterwards."""

    release_id: int
    opened: int
    closed: int
    state: str


def publish(conn: psycopg.Connection, run: Run) -> PublishResult:
    """Publish a sealed run, or say why not.

    Raises FencedError, PublishBlocked (OlderThanHead among them), CandidateError; then nothing is
    visible of it. A block is recorded in `ops.run`.
    """
    try:
        with conn.transaction():
            result = _publish(conn, run)
    except PublishBlocked as blocked:
        conn.commit()
        mark(conn, run, "blocked", blocked.reason, list(blocked.checks))
        raise
    conn.commit()
    return result


def _publish(conn: psycopg.Connection, run: Run) -> PublishResult:
    fence(conn, run)
    conn.execute("set local datestyle = 'iso, mdy'")  # row hashes are made of texts
    if run.input_hash is None:
        raise PublishBlocked(run.payor, "inputs_not_sealed")
    now = inputs(conn, run, _basis(conn, run))
    newest = head(conn, run.payor)
    if newest and now.as_of < newest[1].as_of:
        raise OlderThanHead(run.payor, "older_than_head")
    if newest and now == newest[1] and not has_pending(conn, run):
        _end(conn, run, now, "unchanged")
        return PublishResult(newest[0], 0, 0, "unchanged")
    _require_same_code(conn, run, now)
    _require_verdicts(conn, run)
    is_whole = newest is None or bool(restatements(conn, run))
    release_id = _insert_release(conn, run, now)
    opened, closed = _write_rows(conn, run, release_id, is_whole)
    _finish(conn, run, now, release_id, opened, closed)
    return PublishResult(release_id, opened, closed, "published")


def _basis(conn: psycopg.Connection, run: Run) -> int | None:
    context = sql.Identifier(f"work_{run.payor}", "run_context")
    row = conn.execute(sql.SQL("select basis_id, run_epoch from {}").format(context)).fetchone()
    if row is None or row[1] != run.epoch:
        raise PublishBlocked(run.payor, "run_context_of_another_run")
    return int(row[0]) if row[0] is not None else None


def _require_same_code(conn: psycopg.Connection, run: Run, now: Inputs) -> None:
    """The rows were made by what the run was sealed with; a mixture has no name."""
    row = conn.execute(
        """
        select code_revision, contract_version, reference_hash, input_hash
        from ops.run
        where payor_id = %s and run_epoch = %s
        """,
        (run.payor, run.epoch),
    ).fetchone()
    expected = (now.code_revision, now.contract_version, now.reference_hash, now.input_hash)
    if row != expected:
        raise PublishBlocked(run.payor, "code_or_reference_changed_during_run")


def _require_verdicts(conn: psycopg.Connection, run: Run) -> None:
    """Every blocking check of the register has a verdict of this run that lets it pass."""
    rows = conn.execute(
        """
        select
            c.check_id,
            coalesce(
                g.input_hash = %(input_hash)s
                and g.register_hash = i.register_hash
                and (
                    (g.verdict = 'PASS' and g.rows_evaluated >= c.min_rows)
                    or (g.verdict = 'NOT_APPLICABLE' and g.reason <> '')
                ),
                false
            ) as is_answered
        from ops.check_register as c
        cross join ops.installation as i
        left join ops.gate_result as g
            on c.check_id = g.check_id and g.payor_id = %(payor)s and g.run_epoch = %(epoch)s
        where c.severity in ('S1', 'S2')
        order by c.check_id
        """,
        {"payor": run.payor, "epoch": run.epoch, "input_hash": run.input_hash},
    ).fetchall()
    if not rows:
        raise PublishBlocked(run.payor, "no_registered_checks")
    missing = tuple(check for check, is_answered in rows if not is_answered)
    if missing:
        raise PublishBlocked(run.payor, "checks_without_valid_verdict", missing)


def _insert_release(conn: psycopg.Connection, run: Run, now: Inputs) -> int:
    row = conn.execute(
        """
        insert into ops.release (
            payor_id, as_of, run_epoch, input_hash, basis_id, reference_hash, contract_version,
            code_revision, register_hash
        )
        select %s, %s, %s, %s, %s, %s, %s, %s, register_hash
        from ops.installation
        returning release_id
        """,
        (
            run.payor,
            now.as_of,
            run.epoch,
            now.input_hash,
            now.basis_id,
            now.reference_hash,
            now.contract_version,
            now.code_revision,
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _write_rows(
    conn: psycopg.Connection, run: Run, release_id: int, is_whole: bool
) -> tuple[int, int]:
    opened = closed = 0
    for relation in load()[1]:
        is_partial = relation.is_by_case and not is_whole
        _take_candidates(conn, run, relation, is_partial)
        closed += _close(conn, run, relation, release_id, is_partial)
        opened += _open(conn, run, relation, release_id)
        conn.execute(b"drop table candidate")
    return opened, closed


def _take_candidates(
    conn: psycopg.Connection, run: Run, relation: Relation, is_partial: bool
) -> None:
    """The rows this run speaks for, with their hash. Raises CandidateError."""
    source = f"work_{run.payor}.{relation.name}"
    if conn.execute("select to_regclass(%s)", (source,)).fetchone() == (None,):
        raise CandidateError(relation.name, "is_missing")
    columns = ", ".join(f"c.{name}::{kind} as {name}" for name, kind in relation.columns.items())
    where = f"where {_touched(run, 'c')}" if is_partial else ""
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


def _finish(
    conn: psycopg.Connection, run: Run, now: Inputs, release_id: int, opened: int, closed: int
) -> None:
    conn.execute(
        "update ops.release set rows_opened = %s, rows_closed = %s where release_id = %s",
        (opened, closed, release_id),
    )
    # Only what was committed when the inputs were sealed, and the basis this run has estimated.
    conn.execute(
        """
        update ops.change as c
        set released_in = %(release)s
        from ops.run as r
        where
            c.payor_id = %(payor)s
            and c.released_in is null
            and r.payor_id = c.payor_id
            and r.run_epoch = %(epoch)s
            and (
                (
                    c.change_id <= r.change_high_water
                    and pg_visible_in_snapshot(c.xid, r.sealed_snapshot)
                )
                or (c.entity = 'basis' and c.key = %(basis)s)
            )
        """,
        {
            "release": release_id,
            "payor": run.payor,
            "epoch": run.epoch,
            "basis": str(now.basis_id),
        },
    )
    move_pointer(conn, run.payor, release_id, "publish")
    _end(conn, run, now, "published")


def move_pointer(conn: psycopg.Connection, payor: str, release_id: int, action: str) -> None:
    """Make a release the visible one and record it."""
    row = conn.execute(
        "select release_id from ops.release_pointer where payor_id = %s for update", (payor,)
    ).fetchone()
    conn.execute(
        """
        insert into ops.release_pointer (payor_id, release_id) values (%s, %s)
        on conflict (payor_id) do update set release_id = excluded.release_id
        """,
        (payor, release_id),
    )
    conn.execute(
        "insert into ops.release_event (payor_id, action, from_release, to_release)"
        " values (%s, %s, %s, %s)",
        (payor, action, row[0] if row else None, release_id),
    )


def _end(conn: psycopg.Connection, run: Run, now: Inputs, state: str) -> None:
    conn.execute(
        """
        update ops.run
        set state = %s, reason = null, blocked_by = null, basis_id = %s
        where payor_id = %s and run_epoch = %s
        """,
        (state, now.basis_id, run.payor, run.epoch),
    )
