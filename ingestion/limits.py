"""How many rows of a file may be wrong before the file itself is: one rule for all codes.

A layout's `limits` gives rows and a share for a code. More rows than these and more than that share
of the file's rows refuse the file; `all` stands for the quarantined rows together and holds it. A
warning (W-) with a limit is quarantined beyond it, see `rules.chosen`.
"""

from __future__ import annotations

from collections import Counter

from ingestion.contract import Layout
from ingestion.errors import Held, Refused
from ingestion.reader import Ledger

ALL = "all"
# Codes of whole files; other codes refuse under their own name.
OF_FILE = {"Q-IDFMT": "E-IDFMT"}


def enforce(ledger: Ledger, layout: Layout) -> None:
    """Raises Refused for the first limit, in the contract's order, that the file exceeds.

    `all` says nothing of what is wrong: the file is held for a steward, who may let it in.
    """
    counts = Counter(row.code for row in ledger.rejected)
    for code, limit in layout.limits.items():
        if not code.startswith("W-") and limit.is_passed(counts[code], ledger.rows):
            first = min((r for r in ledger.rejected if r.code == code), key=lambda r: r.record_no)
            found = f"count({counts[code]})"
            raise Refused(OF_FILE.get(code, code), first.record_no, first.field, found)
    held, whole = len(ledger.rejected), layout.limits.get(ALL)
    if whole and whole.is_passed(held, ledger.rows) and "H-SHARE" not in layout.admitted:
        raise Held("H-SHARE", found=f"count({held})")
