"""A payor's runs: opened under a growing epoch, sealed over their inputs, ended with a state.

A newer epoch fences every older one: what the older run still does cannot be published.
All functions take a connection of the role `publisher` and commit their own work.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

import psycopg
from psycopg import sql

from warehouse.revision import code_revision


class FencedError(RuntimeError):
    """A newer run of the payor exists. Facts: payor, epoch, newest."""

    def __init__(self, payor: str, epoch: int, newest: int) -> None:
        super().__init__(f"FENCED {payor}: run {epoch} was overtaken by run {newest}")
        self.payor, self.epoch, self.newest = payor, epoch, newest


class NoRunError(LookupError):
    """The payor has no run yet, or is unknown. Facts: payor."""

    def __init__(self, payor: str) -> None:
        super().__init__(f"E-NO-RUN {payor}")
        self.payor = payor


@dataclass(frozen=True)
class Inputs:
    """What a release is a function of; the same again is the same release."""

    as_of: date
    input_hash: str
    basis_id: int | None
    reference_hash: str
    contract_version: str
    code_revision: str


@dataclass(frozen=True)
class Run:
    """One run. input_hash and change_high_water are None until the inputs are sealed.

    state: open, published, unchanged, blocked or failed; reason: a code, for blocked and failed.
    restates: which of code, reference and contract differ from the newest release; then everything
    has to be computed again (dbt with --full-refresh) and is compared whole.
    """

    payor: str
    as_of: date
    epoch: int
    state: str
    input_hash: str | None = None
    change_high_water: int | None = None
    reason: str | None = None
    restates: tuple[str, ...] = ()


def open_run(conn: psycopg.Connection, payor: str, as_of: date) -> Run:
    """Start a run: the next epoch, and a fresh `work_<payor>.run_context`. Raises NoRunError."""
    with conn.transaction():
        row = conn.execute(
            "update ops.run_fence set run_epoch = run_epoch + 1 where payor_id = %s"
            " returning run_epoch",
            (payor,),
        ).fetchone()
        if row is None:
            raise NoRunError(payor)
        epoch = int(row[0])
        conn.execute(
            "insert into ops.run (payor_id, run_epoch, as_of, state) values (%s, %s, %s, 'open')",
            (payor, epoch, as_of),
        )
        _write_context(conn, payor, as_of, epoch)
    conn.commit()
    return Run(payor, as_of, epoch, "open")


def current_run(conn: psycopg.Connection, payor: str) -> Run:
    """The payor's newest run. Raises NoRunError."""
    row = conn.execute(
        """
        select as_of, run_epoch, state, input_hash, change_high_water, reason
        from ops.run
        where payor_id = %s
        order by run_epoch desc
        limit 1
        """,
        (payor,),
    ).fetchone()
    if row is None:
        raise NoRunError(payor)
    run = Run(payor, *row)
    return replace(run, restates=restatements(conn, run))


def seal_inputs(conn: psycopg.Connection, run: Run) -> Run:
    """Fix what the run works on. The state becomes `unchanged` if the newest release has just that.

    A run older than the newest release becomes `blocked` (older_than_head): what it took in is
    published by the next night. Raises FencedError.
    """
    with conn.transaction():
        fence(conn, run)
        digest, high_water, snapshot = _read_inputs(conn, run.payor)
        sealed = replace(run, input_hash=digest, change_high_water=high_water)
        state, reason = _verdict(conn, sealed)
        _store_seal(conn, sealed, snapshot, state, reason)
    conn.commit()
    sealed = replace(sealed, state=state, reason=reason)
    return replace(sealed, restates=restatements(conn, sealed))


def mark(
    conn: psycopg.Connection,
    run: Run,
    state: str,
    reason: str | None = None,
    blocked_by: list[str] | None = None,
) -> None:
    """End a run as `blocked` or `failed`; a published or unchanged run keeps its state."""
    conn.execute(
        """
        update ops.run
        set state = %s, reason = %s, blocked_by = %s
        where payor_id = %s and run_epoch = %s and state not in ('published', 'unchanged')
        """,
        (state, reason, blocked_by, run.payor, run.epoch),
    )
    conn.commit()


def fence(conn: psycopg.Connection, run: Run) -> None:
    """Lock the payor's fence for this transaction. Raises FencedError."""
    row = conn.execute(
        "select run_epoch from ops.run_fence where payor_id = %s for update", (run.payor,)
    ).fetchone()
    if row is None:
        raise NoRunError(run.payor)
    if row[0] != run.epoch:
        raise FencedError(run.payor, run.epoch, int(row[0]))


def inputs(conn: psycopg.Connection, run: Run, basis_id: int | None) -> Inputs:
    """The tuple a release of this run would carry. The run must be sealed."""
    row = conn.execute("select reference_hash, contract_version from ops.installation").fetchone()
    assert row is not None and run.input_hash is not None
    return Inputs(run.as_of, run.input_hash, basis_id, row[0], row[1], code_revision())


def head(conn: psycopg.Connection, payor: str) -> tuple[int, Inputs] | None:
    """(release id, inputs) of the payor's newest release, wherever the pointer stands."""
    row = conn.execute(
        """
        select
            release_id, as_of, input_hash, basis_id, reference_hash, contract_version, code_revision
        from ops.release
        where payor_id = %s
        order by release_id desc
        limit 1
        """,
        (payor,),
    ).fetchone()
    return (int(row[0]), Inputs(*row[1:])) if row else None


def has_pending(conn: psycopg.Connection, run: Run) -> bool:
    """Whether changes up to the run's high water wait for a release."""
    row = conn.execute(
        """
        select exists (
            select 1 from ops.change
            where payor_id = %s and released_in is null and change_id <= %s
        )
        """,
        (run.payor, run.change_high_water or 0),
    ).fetchone()
    return bool(row and row[0])


def restatements(conn: psycopg.Connection, run: Run) -> tuple[str, ...]:
    """Causes, other than data, for which every row has to be computed again."""
    newest = head(conn, run.payor)
    if newest is None or run.input_hash is None:
        return ()
    now, then = inputs(conn, run, None), newest[1]
    pairs = {
        "code": (now.code_revision, then.code_revision),
        "reference": (now.reference_hash, then.reference_hash),
        "contract": (now.contract_version, then.contract_version),
    }
    return tuple(cause for cause, (new, old) in pairs.items() if new != old)


def _verdict(conn: psycopg.Connection, run: Run) -> tuple[str, str | None]:
    newest = head(conn, run.payor)
    if newest is None:
        return "open", None
    if run.as_of < newest[1].as_of:
        return "blocked", "older_than_head"
    same = inputs(conn, run, _basis_at(conn, run.payor, run.as_of)) == newest[1]
    return ("unchanged", None) if same and not has_pending(conn, run) else ("open", None)


def _basis_at(conn: psycopg.Connection, payor: str, as_of: date) -> int | None:
    """The newest basis not after as_of; the night may estimate a newer one."""
    row = conn.execute(
        """
        select basis_id
        from ops.basis
        where payor_id = %s and estimated_as_of <= %s
        order by estimated_as_of desc, basis_id desc
        limit 1
        """,
        (payor, as_of),
    ).fetchone()
    return int(row[0]) if row else None


def _read_inputs(conn: psycopg.Connection, payor: str) -> tuple[str, int, str]:
    """(input hash, change high water, snapshot), all as of one moment: one statement.

    The hash covers the payor's terms and the loaded contents, whatever order they came in.
    """
    row = conn.execute(
        """
        select
            p.config_hash,
            (
                select string_agg(
                    concat_ws('|', r.feed, r.layout, r.plaintext_sha256), e'\n'
                    order by r.feed, r.layout, r.plaintext_sha256
                )
                from ops.receipt as r
                where r.payor_id = p.payor_id and r.state = 'loaded'
            ),
            (
                select coalesce(max(c.change_id), 0)
                from ops.change as c
                where c.payor_id = p.payor_id
            ),
            pg_current_snapshot()::text
        from ops.payor as p
        where p.payor_id = %s
        """,
        (payor,),
    ).fetchone()
    if row is None:
        raise NoRunError(payor)
    terms, contents, high_water, snapshot = row
    digest = hashlib.sha256(f"{terms}\n{contents or ''}".encode()).hexdigest()
    return digest, int(high_water), str(snapshot)


def _store_seal(
    conn: psycopg.Connection, run: Run, snapshot: str, state: str, reason: str | None
) -> None:
    now = inputs(conn, run, None)
    conn.execute(
        """
        update ops.run
        set
            state = %s,
            reason = %s,
            input_hash = %s,
            change_high_water = %s,
            code_revision = %s,
            contract_version = %s,
            reference_hash = %s,
            sealed_snapshot = %s
        where payor_id = %s and run_epoch = %s
        """,
        (
            state,
            reason,
            run.input_hash,
            run.change_high_water,
            now.code_revision,
            now.contract_version,
            now.reference_hash,
            snapshot,
            run.payor,
            run.epoch,
        ),
    )
    statement = sql.SQL("update {} set input_hash = %s, change_high_water = %s")
    context = sql.Identifier(f"work_{run.payor}", "run_context")
    conn.execute(statement.format(context), (run.input_hash, run.change_high_water))


def _write_context(conn: psycopg.Connection, payor: str, as_of: date, epoch: int) -> None:
    context = sql.Identifier(f"work_{payor}", "run_context")
    conn.execute(sql.SQL("delete from {}").format(context))
    statement = sql.SQL(
        """
        insert into {} (
            payor_id, as_of, run_epoch, basis_id, currency_code, minor_units, runout_months,
            member_month_rule, service_code_system, adjustments, charge_level,
            country_code, region, payor_name, time_zone,
            fee_pepm, fee_implementation, contract_start, contract_months
        )
        select
            p.payor_id, %s, %s, %s, p.currency_code, c.minor_units, p.runout_months,
            p.member_month_rule, p.service_code_system, p.adjustments, p.charge_level,
            p.country_code, p.region, p.name, p.time_zone,
            p.fee_pepm, p.fee_implementation, p.contract_start, p.contract_months
        from ops.payor as p
        inner join reference.currency as c on p.currency_code = c.currency_code
        where p.payor_id = %s
        """
    )
    basis_id = _basis_at(conn, payor, as_of)
    conn.execute(statement.format(context), (as_of, epoch, basis_id, payor))
