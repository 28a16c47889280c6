"""One payor's linkage: all records against all members, from scratch, whenever an input changed.

The links are a function of what was delivered and what the steward said, not of the order in which
it came: a rebuild gives what the nights gave.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from linking import store
from linking.comparisons import WEIGHTS
from linking.decide import Verdict, decide
from linking.normalise import FIELDS, PLACEHOLDERS

RULES = "1"  # raise it when a rule changes: everything is linked anew


@dataclass(frozen=True)
class Linked:
    """word: 'linked', 'unchanged' or 'nothing to link'; counts: records by where they stand."""

    word: str
    counts: dict[str, int]


def link(conn: psycopg.Connection, payor: str, epoch: int, as_of: date) -> Linked:
    """Links the payor's records and marks the cases that moved. Commits; role `linker`."""
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", (f"link/{payor}",))
        who = store.payor(conn, payor)
        known = store.inputs(conn, who)
        if known is None:
            return Linked("nothing to link", {})
        fingerprint = hashlib.sha256((known + _rules()).encode()).hexdigest()
        if fingerprint == store.last_fingerprint(conn, who):
            return Linked("unchanged", {})
        return _link(conn, who, epoch, as_of, fingerprint)


def _rules() -> str:
    files = (WEIGHTS, PLACEHOLDERS)
    return RULES + "".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)


def _link(
    conn: psycopg.Connection, who: store.Payor, epoch: int, as_of: date, fingerprint: str
) -> Linked:
    from linking.scoring import score

    records = store.records(conn, who)
    exact = store.exact(conn, who)
    unknown = records[~records["owner"].isin(list(exact))]
    scores = score(unknown, store.people(conn, who))
    verdicts = decide(records["owner"], scores.pairs, who.terms, store.words(conn, who), exact)
    version = f"{RULES}.{scores.version}"
    moved = store.write(conn, who, verdicts, version, as_of)
    counts = _counts(verdicts)
    facts: dict[str, Any] = {
        "as_of": as_of,
        "fingerprint": fingerprint,
        "links_hash": store.links_hash(verdicts),
        "model_version": version,
        "is_learned": scores.learned,
        "consultations": len(verdicts),
        "without_identifiers": int(unknown[list(FIELDS)].isna().all(axis=1).sum()),
        **counts,
        **_quality(verdicts),
    }
    store.summarise(conn, who, epoch, facts)
    return Linked("linked", counts | {"changed": moved})


def _counts(verdicts: list[Verdict]) -> dict[str, int]:
    found = Counter(
        f"linked_{verdict.method}" if verdict.status == "linked" else verdict.status
        for verdict in verdicts
    )
    return {
        "linked_exact": found["linked_exact"],
        "linked_auto": found["linked_auto"],
        "linked_steward": found["linked_steward"],
        "in_review": found["review"],
        "unlinked": found["unlinked"],
    }


def _quality(verdicts: list[Verdict]) -> dict[str, float | None]:
    """Precision and recall of the automatic links as the model itself expects them.

    Precision: mean probability of the links; recall: right links over the records that are
    expected to have a member among their candidates.
    """
    judged = [verdict for verdict in verdicts if verdict.probability is not None]
    right = [verdict.probability or 0.0 for verdict in judged if verdict.status == "linked"]
    expected = sum(verdict.expected for verdict in judged)
    return {
        "estimated_precision": round(sum(right) / len(right), 8) if right else None,
        "estimated_recall": round(sum(right) / expected, 8) if expected else None,
    }
