"""A night's claims at two sizes of history: `python -m benchmarks.delta`.

The history is stored as large files are, and the claims models are built over it. Then a file of
new lines, every tenth claim a correction, goes through the real receipt, load and claims models.
Printed: seconds of each phase at each size, their ratio, and the tables that a statement of the
night reads from end to end although they grow with history.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import history
from benchmarks.claims_core import PAYOR, build, warehouse
from ingestion import load, parts, receipts
from pipeline.settings import Settings
from warehouse.connection import connect, connect2

FIRST_NIGHT, SECOND_NIGHT = date(2026, 6, 30), date(2026, 7, 1)
# How the strategy replace_touched deletes (macro look_up_by_key).
BY_KEY = "".join(f"set local enable_{way} = off;" for way in ("seqscan", "hashjoin", "mergejoin"))
# Tables below this many pages do not grow with the claims.
LARGE = 1000


@dataclass(frozen=True)
class Night:
    """Seconds of one night: receive is receipt, load and keys; models: of each model."""

    lines: int
    receive: float
    claims: float
    models: dict[str, float]
    scans: list[str]

    @property
    def all(self) -> float:
        return self.receive + self.claims


def night(lines: int, before: int, a_file: int) -> Night:
    """One night of `lines` new lines over a history of `before` lines."""
    with warehouse() as settings, tempfile.TemporaryDirectory() as folder:
        owner = connect2(settings)
        history.deliver(owner, PAYOR, before, a_file)
        owner.close()
        build(settings, FIRST_NIGHT)
        path = Path(folder) / "delta.csv"
        history.write_delta(path, lines, before)
        received = _receive(settings, path)
        large = _large(settings)
        seconds, models = build(settings, SECOND_NIGHT)
        return Night(before, received, seconds, models, sorted(_scans(settings, large)))


def _receive(settings: Settings, path: Path) -> float:
    conn = connect2(settings, role="loader")
    start = time.perf_counter()
    receipt = receipts.register(conn, PAYOR, "medical_claim", "canonical_csv", path, SECOND_NIGHT)
    outcome = load.load_receipt(conn, receipt)
    parts.finish(conn, PAYOR)
    seconds = time.perf_counter() - start
    conn.close()
    if outcome.state != "loaded" or outcome.quarantined:
        raise RuntimeError(f"{outcome.state} {outcome.code} {outcome.quarantined}")
    return seconds


def _large(settings: Settings) -> set[str]:
    """Tables of the payor that grow with its claims."""
    with connect(settings) as conn:
        rows = conn.execute(
            """
            select c.relname
            from pg_class as c
            inner join pg_namespace as n on c.relnamespace = n.oid
            where n.nspname in (%s, %s) and c.relkind = 'r' and c.relpages > %s
            """,
            (f"raw_{PAYOR}", f"work_{PAYOR}", LARGE),
        )
        return {name for (name,) in rows}


def _scans(settings: Settings, large: set[str]) -> Iterator[str]:
    """`model: table` for every large table that a statement of the last build reads whole."""
    found = json.loads((settings.dbt_dir(PAYOR, "claims_core") / "run_results.json").read_text())
    manifest = json.loads((settings.dbt_dir(PAYOR, "claims_core") / "manifest.json").read_text())
    with connect(settings, "transformer") as conn:
        for result in found["results"]:
            node = manifest["nodes"][result["unique_id"]]
            if node["config"]["materialized"] == "incremental":
                yield from _whole(conn, node, result["compiled_code"], large)


def _whole(
    conn: psycopg.Connection, node: dict[str, Any], query: str, large: set[str]
) -> Iterator[str]:
    meta = node["config"]["meta"]
    key, listed = meta["group_key"], f"work_{PAYOR}.{meta['work_list']}"
    delete = f"delete from work_{PAYOR}.{node['name']} where {key} in (select {key} from {listed})"
    for prepared, statement in (("", query), (BY_KEY, delete)):
        row = conn.execute(f"{prepared} explain (format json) {statement}".encode())
        while row.nextset():
            pass
        plan = row.fetchone()
        assert plan is not None
        for table in _seq_scans(plan[0][0]["Plan"]):
            if table in large and table != meta["work_list"]:
                yield f"{node['name']}: {table}"
        conn.rollback()


def _seq_scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for child in plan.get("Plans", ()):
        yield from _seq_scans(child)


def _report(lines: int, small: Night, large: Night) -> None:
    print(f"{lines:,} new lines, a tenth of the claims are corrections")
    print(f"{'':28} {small.lines:>12,} {large.lines:>12,}  ratio")
    rows = [
        ("receipt, load, keys", small.receive, large.receive),
        ("claims models", small.claims, large.claims),
        ("both", small.all, large.all),
    ]
    for name, spent in small.models.items():
        if large.models.get(name, 0) > 0.5:
            rows.append((f"  {name}", spent, large.models[name]))
    for name, one, other in rows:
        print(f"{name:28} {one:10.2f} s {other:10.2f} s  {other / max(one, 0.01):5.2f}")
    for entry in large.scans:
        print(f"read whole: {entry}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--history", type=int, nargs=2, default=(2_000_000, 10_000_000))
    parser.add_argument("--a-file", type=int, default=2_000_000, help="lines of a history file")
    args = parser.parse_args()
    small, large = (night(args.lines, size, args.a_file) for size in args.history)
    _report(args.lines, small, large)


if __name__ == "__main__":
    main()
