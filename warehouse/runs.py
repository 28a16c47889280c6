"""A payor's runs: opened under a growing epoch, sealed over their inputs, ended with a state.

A newer epoch fences every older one: what the older run still does cannot be published.
All functions take a connection of the role `publisher` and commit their own work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import psycopg
from psycopg import sql

from warehouse import release_inputs


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
class Run:
    """One run. input_hash and change_high_water are None until the inputs are sealed.

    state: open, published, unchanged, blocked or failed; reason: a code, for blocked and failed.
    restates: which of code, reference and contract differ from the newest release; then everything
    has to be computed again (dbt with --full-refresh) and is compared whole. code_systems: of the
    stored diagnoses when the inputs were sealed; a load during the run does not move them.
    """

    payor: str
    as_of: date
    epoch: int
    state: str
    input_hash: str | None = None
    change_high_water: int | None = None
    reason: str | None = None
    code_systems: tuple[str, ...] = ()
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
        select as_of, run_epoch, state, input_hash, change_high_water, reason, code_systems
        from ops.run
        where payor_id = %s
        order by run_epoch desc
        limit 1
        """,
        (payor,),
    ).fetchone()
    if row is None:
        raise NoRunError(payor)
    *rest, systems = row
    run = replace(Run(payor, *rest), code_systems=tuple(systems))
    return replace(run, restates=_restates(conn, run))


def seal_inputs(conn: psycopg.Connection, run: Run) -> Run:
    """Fix what the run works on. The state becomes `unchanged` if the newest release has just that.

    A run older than the newest release becomes `blocked` (older_than_head): what it took in is
    published by the next night. Raises FencedError.
    """
    with conn.transaction():
        fence(conn, run)
        digest, high_water, snapshot = release_inputs.read_inputs(conn, run.payor)
        # after the inputs: every row they name has its system here
        systems = release_inputs.code_systems(conn, run.payor)
        sealed = replace(run, input_hash=digest, change_high_water=high_water, code_systems=systems)
        state, reason = _verdict(conn, sealed)
        _store_seal(conn, sealed, snapshot, state, reason)
    conn.commit()
    sealed = replace(sealed, state=state, reason=reason)
    return replace(sealed, restates=_restates(conn, sealed))


def mark(
    conn: psycopg.Connection,
    run: Run,
    state: str,
    reason: str | None = None,
    blocked_by: list[str] | None = None,
) -> None:
    """End a run as `blocked` or `failed`; a published or unchanged run keeps its state.

    blocked_by: check ids; by default those blocking checks that this run's gates did not let pass.
    """
    if state == "blocked" and blocked_by is None:
        blocked_by = _failed_checks(conn, run)
        reason = reason or "gate"
    conn.execute(
        """
        update ops.run
        set state = %s, reason = %s, blocked_by = %s
        where payor_id = %s and run_epoch = %s and state not in ('published', 'unchanged')
        """,
        (state, reason, blocked_by, run.payor, run.epoch),
    )
    conn.commit()


def blocking_checks(conn: psycopg.Connection, run: Run) -> list[str]:
    """Ids of the checks that blocked the run, as recorded; empty for any other run."""
    row = conn.execute(
        "select blocked_by from ops.run where payor_id = %s and run_epoch = %s",
        (run.payor, run.epoch),
    ).fetchone()
    return list(row[0] or ()) if row else []


def _failed_checks(conn: psycopg.Connection, run: Run) -> list[str]:
    rows = conn.execute(
        """
        select c.check_id
        from ops.check_register as c
        inner join ops.gate_result as g on c.check_id = g.check_id
        where
            g.payor_id = %s
            and g.run_epoch = %s
            and c.severity in ('S1', 'S2')
            and g.verdict not in ('PASS', 'NOT_APPLICABLE')
        order by c.check_id
        """,
        (run.payor, run.epoch),
    )
    return [str(check_id) for (check_id,) in rows]


def fence(conn: psycopg.Connection, run: Run) -> None:
    """Lock the payor's fence for this transaction. Raises FencedError."""
    row = conn.execute(
        "select run_epoch from ops.run_fence where payor_id = %s for update", (run.payor,)
    ).fetchone()
    if row is None:
        raise NoRunError(run.payor)
    if row[0] != run.epoch:
        raise FencedError(run.payor, run.epoch, int(row[0]))


def _verdict(conn: psycopg.Connection, run: Run) -> tuple[str, str | None]:
    newest = release_inputs.head(conn, run.payor)
    if newest is None:
        return "open", None
    if run.as_of < newest[1].as_of:
        return "blocked", "older_than_head"
    basis_id = release_inputs.basis_at(conn, run.payor, run.as_of)
    now = _inputs(conn, run, basis_id)
    pending = release_inputs.has_pending(conn, run.payor, run.change_high_water)
    return ("unchanged", None) if now == newest[1] and not pending else ("open", None)


def _restates(conn: psycopg.Connection, run: Run) -> tuple[str, ...]:
    newest = release_inputs.head(conn, run.payor)
    if newest is None or run.input_hash is None:
        return ()
    return release_inputs.restatements(conn, _inputs(conn, run), newest[1])


def _inputs(
    conn: psycopg.Connection, run: Run, basis_id: int | None = None
) -> release_inputs.Inputs:
    return release_inputs.current(conn, run.as_of, run.input_hash or "", basis_id, run.code_systems)


def _store_seal(
    conn: psycopg.Connection, run: Run, snapshot: str, state: str, reason: str | None
) -> None:
    now = _inputs(conn, run)
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
            code_systems = %s,
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
            list(now.code_systems),
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
            claim_suffix, reversal_sign, service_date_grain,
            country_code, region, payor_name, time_zone,
            fee_pepm, fee_implementation, contract_start, contract_months
        )
        select
            p.payor_id, %s, %s, %s, p.currency_code, c.minor_units, p.runout_months,
            p.member_month_rule, p.service_code_system, p.adjustments, p.charge_level,
            p.claim_suffix, p.reversal_sign, p.service_date_grain,
            p.country_code, p.region, p.name, p.time_zone,
            p.fee_pepm, p.fee_implementation, p.contract_start, p.contract_months
        from ops.payor as p
        inner join reference.currency as c on p.currency_code = c.currency_code
        where p.payor_id = %s
        """
    )
    basis_id = release_inputs.basis_at(conn, payor, as_of)
    conn.execute(statement.format(context), (as_of, epoch, basis_id, payor))
