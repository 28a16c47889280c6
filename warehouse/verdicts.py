"""What has to be true before anything is published."""

from __future__ import annotations

import psycopg

from warehouse.release_inputs import Inputs
from warehouse.runs import Run


class PublishBlocked(RuntimeError):
    """Nothing was published. Facts: payor, reason, checks (ids without a valid verdict)."""

    def __init__(self, payor: str, reason: str, checks: tuple[str, ...] = ()) -> None:
        listed = f": {', '.join(checks)}" if checks else ""
        super().__init__(f"BLOCKED {payor} {reason}{listed}")
        self.payor, self.reason, self.checks = payor, reason, checks


class OlderThanHead(PublishBlocked):
    """The run's as_of lies before the newest release's."""


def require_same_code(conn: psycopg.Connection, run: Run, now: Inputs) -> None:
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


def require_verdicts(conn: psycopg.Connection, run: Run) -> None:
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
