"""Publish a run: write what differs from the open rows, move one pointer, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from warehouse import release_inputs
from warehouse.candidates import write_rows
from warehouse.release_inputs import Inputs
from warehouse.runs import Run, fence, mark
from warehouse.verdicts import OlderThanHead, PublishBlocked, require_same_code, require_verdicts


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
    now = release_inputs.current(
        conn, run.as_of, run.input_hash, _basis(conn, run), run.code_systems
    )
    newest = release_inputs.head(conn, run.payor)
    if newest and now.as_of < newest[1].as_of:
        raise OlderThanHead(run.payor, "older_than_head")
    pending = release_inputs.has_pending(conn, run.payor, run.change_high_water)
    if newest and now == newest[1] and not pending:
        _end(conn, run, now, "unchanged")
        return PublishResult(newest[0], 0, 0, "unchanged")
    require_same_code(conn, run, now)
    require_verdicts(conn, run)
    is_whole = newest is None or bool(release_inputs.restatements(conn, now, newest[1]))
    release_id = _insert_release(conn, run, now)
    opened, closed = write_rows(conn, run, release_id, is_whole)
    _finish(conn, run, now, release_id, opened, closed)
    return PublishResult(release_id, opened, closed, "published")


def _basis(conn: psycopg.Connection, run: Run) -> int | None:
    context = sql.Identifier(f"work_{run.payor}", "run_context")
    row = conn.execute(sql.SQL("select basis_id, run_epoch from {}").format(context)).fetchone()
    if row is None or row[1] != run.epoch:
        raise PublishBlocked(run.payor, "run_context_of_another_run")
    return int(row[0]) if row[0] is not None else None


def _insert_release(conn: psycopg.Connection, run: Run, now: Inputs) -> int:
    row = conn.execute(
        """
        insert into ops.release (
            payor_id, as_of, run_epoch, input_hash, basis_id, reference_hash, contract_version,
            code_revision, code_systems, reference_versions, register_hash
        )
        select %s, %s, %s, %s, %s, %s, %s, %s, to_jsonb(%s::text[]), %s, register_hash
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
            list(now.code_systems),
            now.reference_versions,
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


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
