"""One gate of one payor's night: ask every registered check, write every verdict.

    python -m expectations.gate --payor northlake --gate raw

Exit code 0 = open, 1 = blocked, 2 = the gate could not be asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import psycopg

from expectations import applicability, store
from expectations.register import GATES, Check, checks_of
from expectations.scope import NoOpenRun, RunScope, read_scope
from expectations.verdicts import ERROR, GateOutcome, Verdict, judge, summarise
from pipeline.settings import Settings, load_settings
from warehouse.connection import connect, url

ROLE = "gatekeeper"


def run_gate(settings: Settings, payor: str, gate: str) -> GateOutcome:
    """Judge the payor's open run at one gate; the verdicts are committed one by one.

    Raises NoOpenRun, CatalogueError and what the connection raises; a check that breaks is a
    verdict (ERROR), never an exception.
    """
    checks = checks_of(gate)
    with connect(settings, ROLE) as conn:
        scope = read_scope(conn, payor)
        store.mark_not_run(conn, scope, checks)
        source = _datasource(settings)
        verdicts = []
        for check in checks:
            verdicts.append(_ask(conn, source, check, scope))
            store.save(conn, scope, verdicts[-1])
    return summarise(payor, gate, scope.run_epoch, checks, verdicts)


def _datasource(settings: Settings) -> Any:
    # Great Expectations takes seconds to import: only a process that judges pays for it.
    from expectations import build

    return build.datasource(url(settings, role=ROLE))


def _ask(conn: psycopg.Connection[Any], source: Any, check: Check, scope: RunScope) -> Verdict:
    from expectations.build import evaluate

    try:
        counts = evaluate(source, check, scope)
        return judge(check, counts, lambda: applicability.na_reason(conn, scope, check))
    except Exception as broken:  # any fault of one check is that check's verdict
        conn.rollback()
        cause = getattr(broken, "cause", type(broken).__name__)
        return Verdict(check.check_id, ERROR, reason=f"error_{cause}"[:60])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of one gate; prints the outcome as one JSON line of counts and check ids."""
    parser = argparse.ArgumentParser(prog="python -m expectations.gate", description=__doc__)
    parser.add_argument("--payor", required=True)
    parser.add_argument("--gate", required=True, choices=GATES)
    options = parser.parse_args(arguments)
    try:
        outcome = run_gate(load_settings(), options.payor, options.gate)
    except NoOpenRun as refused:
        print(refused, file=sys.stderr)
        return 2
    print(json.dumps(asdict(outcome), sort_keys=True))
    return 1 if outcome.is_blocked else 0


if __name__ == "__main__":
    sys.exit(main())
