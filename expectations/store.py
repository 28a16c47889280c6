"""Gate verdicts as rows of `ops.gate_result`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from expectations.register import Check, register_hash
from expectations.scope import RunScope
from expectations.verdicts import NOT_RUN, Verdict

_WRITE = """
    insert into ops.gate_result (
        payor_id, run_epoch, check_id, verdict, rows_evaluated, rows_failed, reason,
        input_hash, register_hash
    )
    values (
        %(payor)s, %(epoch)s, %(check)s, %(verdict)s, %(evaluated)s, %(failed)s, %(reason)s,
        %(input_hash)s, %(register_hash)s
    )
    on conflict (payor_id, run_epoch, check_id) do update set
        verdict = excluded.verdict,
        rows_evaluated = excluded.rows_evaluated,
        rows_failed = excluded.rows_failed,
        reason = excluded.reason,
        input_hash = excluded.input_hash,
        register_hash = excluded.register_hash
"""


def mark_not_run(conn: psycopg.Connection[Any], scope: RunScope, checks: Iterable[Check]) -> None:
    """Write NOT_RUN for every check before the first is asked: a killed gate leaves no old pass."""
    for check in checks:
        _write(conn, scope, Verdict(check.check_id, NOT_RUN, reason="not_reached"))
    conn.commit()


def save(conn: psycopg.Connection[Any], scope: RunScope, verdict: Verdict) -> None:
    """Write one verdict and commit it."""
    _write(conn, scope, verdict)
    conn.commit()


def _write(conn: psycopg.Connection[Any], scope: RunScope, verdict: Verdict) -> None:
    conn.execute(
        _WRITE,
        {
            "payor": scope.payor,
            "epoch": scope.run_epoch,
            "check": verdict.check_id,
            "verdict": verdict.verdict,
            "evaluated": verdict.rows_evaluated,
            "failed": verdict.rows_failed,
            "reason": verdict.reason,
            "input_hash": scope.input_hash,
            "register_hash": register_hash(),
        },
    )
