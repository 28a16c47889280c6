"""What became of each delivered file, found by the hash of its bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.settings import Settings
from warehouse import connection

Outcome = tuple[str, str | None, dict[str, int]]


def outcomes(settings: Settings, world: Path, who: str) -> dict[str, Outcome]:
    """File name -> (state, code, quarantined rows by code). A second delivery is a duplicate."""
    with connection.connect(settings) as conn:
        receipts = conn.execute(
            "select receipt_id, file_sha256, state, code from ops.receipt where payor_id = %s"
            " order by receipt_id",
            (who,),
        ).fetchall()
        held = conn.execute(
            "select receipt_id, code, count(*) from ops.quarantine"
            " where payor_id = %s group by 1, 2",
            (who,),
        ).fetchall()
    waiting: dict[str, list[tuple[int, str, str | None]]] = {}
    for receipt_id, sha, state, code in receipts:
        waiting.setdefault(sha, []).append((receipt_id, state, code))
    found: dict[str, Outcome] = {}
    for path in sorted(p for p in (world / "nights").glob(f"*/{who}/*/*") if p.is_file()):
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        receipt_id, state, code = waiting[sha].pop(0)
        found[path.name] = (state, code, {c: n for r, c, n in held if r == receipt_id})
    return found
