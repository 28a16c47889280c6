"""The register of checks in the database: what a release must have an answer to."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.util import find_spec

import psycopg

from pipeline.settings import ROOT


def load(conn: psycopg.Connection) -> int:
    """Replace `ops.check_register` by expectations/catalogue.csv; returns the number of checks.

    Without a catalogue the register stays as it is; an empty one lets nothing be published.
    """
    if not (ROOT / "expectations" / "catalogue.csv").exists() or not find_spec(
        "expectations.register"
    ):
        return 0
    from expectations import register

    checks = register.load_register()
    conn.execute("delete from ops.check_register")
    for check in checks:
        facts = asdict(check)
        conn.execute(
            """
            insert into ops.check_register
                (check_id, gate, severity, owner, min_rows, definition)
            values (%(check_id)s, %(gate)s, %(severity)s, %(owner)s, %(min_rows)s, %(definition)s)
            """,
            facts | {"definition": json.dumps(facts, sort_keys=True)},
        )
    conn.execute("update ops.installation set register_hash = %s", (register.register_hash(),))
    return len(checks)
