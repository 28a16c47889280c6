"""From scored pairs to verdicts: linked, review or unlinked. Pure; the rules are the page's.

A record is linked automatically only when nothing speaks against it: sure enough, far ahead of
the next person, and without a contradiction. Everything doubtful is a steward's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from linking.comparisons import LEVELS

Pair = Mapping[str, Any]

EXACT = ("same", "swapped")
SAME_PLACE = ("same_address", "same_postal")
MOST_CANDIDATES = 5
MOST_BITS = 60.0  # beyond this odds are certainty, and 2 ** weight stays a float


@dataclass(frozen=True)
class Terms:
    """Thresholds of a payor: probabilities of the upper and lower bound, margin in bits.

    margin: how many times likelier than the next person the best one must be (10 bits = 1,024).
    """

    upper: float = 0.995
    lower: float = 0.05
    margin: float = 10.0


@dataclass(frozen=True)
class Candidate:
    """One person a record may be. agreement: what agreed and what did not, without any value."""

    person: str
    weight: float
    probability: float
    agreement: str


@dataclass(frozen=True)
class Verdict:
    """Where a record stands. person: of a link, else None; reason: one word of `docs/linking.md`.

    probability: that the best candidate is the person, given the others; expected: that any is.
    """

    key: str
    status: str
    method: str
    reason: str
    person: str | None = None
    weight: float | None = None
    probability: float | None = None
    candidates: tuple[Candidate, ...] = ()
    expected: float = 0.0


@dataclass
class Words:
    """What the steward said: key -> accepted person, key -> rejected persons (None = everybody)."""

    accepted: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, set[str | None]] = field(default_factory=dict)


def decide(
    keys: Iterable[str],
    pairs: Iterable[Pair],
    terms: Terms,
    words: Words,
    exact: Mapping[str, str],
) -> list[Verdict]:
    """One verdict per key, in order of keys.

    pairs: as `scoring.Scores.pairs`. exact: key -> person the sender itself named by now.
    """
    found = {key: list(rows) for key, rows in groupby(pairs, lambda pair: str(pair["record"]))}
    verdicts = [_verdict(key, found.get(key, []), terms, words, exact) for key in sorted(keys)]
    return _without_conflicts(verdicts, found)


def _verdict(
    key: str, pairs: list[Pair], terms: Terms, words: Words, exact: Mapping[str, str]
) -> Verdict:
    if key in exact:
        return Verdict(key, "linked", "exact", "member_id", exact[key])
    if key in words.accepted:
        return Verdict(key, "linked", "steward", "accepted", words.accepted[key])
    rejected = words.rejected.get(key, set())
    if None in rejected:
        return Verdict(key, "unlinked", "steward", "no_member")
    left = [pair for pair in pairs if pair["person"] not in rejected]
    if not left:
        return Verdict(key, "unlinked", "steward" if rejected else "auto", "no_candidate")
    return _judge(key, left, terms)


def _judge(key: str, pairs: list[Pair], terms: Terms) -> Verdict:
    """The verdict on a record's candidates. pairs: best first, at least one."""
    weight, odds = float(pairs[0]["weight"]), _odds(pairs)
    sure, expected = odds[0] / (1 + sum(odds)), sum(odds) / (1 + sum(odds))
    found = Verdict(key, "unlinked", "auto", "too_weak", None, weight, sure, (), expected)
    if odds[0] / (1 + odds[0]) < terms.lower:
        return found
    doubt = _doubt(pairs, sure, terms)
    if doubt is None:
        return replace(found, status="linked", reason="clear", person=str(pairs[0]["person"]))
    return _for_review(found, pairs, doubt)


def _for_review(found: Verdict, pairs: list[Pair], reason: str) -> Verdict:
    odds = _odds(pairs)
    candidates = tuple(
        Candidate(
            str(pair["person"]), float(pair["weight"]), share / (1 + sum(odds)), agreement(pair)
        )
        for pair, share in zip(pairs[:MOST_CANDIDATES], odds, strict=False)
    )
    return replace(found, status="review", reason=reason, person=None, candidates=candidates)


def _odds(pairs: Sequence[Pair]) -> list[float]:
    return [2.0 ** min(float(pair["weight"]), MOST_BITS) for pair in pairs]


def _doubt(pairs: list[Pair], sure: float, terms: Terms) -> str | None:
    """Why the best candidate is not linked automatically; None = nothing speaks against it."""
    best = pairs[0]
    lead = float(best["weight"]) - float(pairs[1]["weight"]) if len(pairs) > 1 else MOST_BITS
    return _contradiction(best) or (
        "second_person" if lead < terms.margin else "not_sure" if sure < terms.upper else None
    )


def _contradiction(best: Pair) -> str | None:
    """What speaks against a pair however much else agrees. An id that agrees outweighs a name."""
    same_id = "same" in (best["national_id"], best["card"])
    checks = (
        ("birth_date_differs", best["birth_date"] == "differs"),
        ("id_differs", best["national_id"] == "differs"),
        ("sex_differs", best["sex"] == "differs" and not same_id),
        ("name_differs", best["given"] == "differs" and not same_id),
        ("name_missing", best["given"] is None and not same_id),
        ("birth_date_missing", best["birth_date"] is None and not same_id),
        ("twin", _may_be_twin(best) and not same_id),
    )
    return next((reason for reason, holds in checks if holds), None)


def _may_be_twin(best: Pair) -> bool:
    """Born on one day into one family in one place, with another first name."""
    return (
        best["birth_date"] == "same"
        and best["family"] == "same"
        and best["place"] in SAME_PLACE
        and best["given"] not in EXACT
    )


def _without_conflicts(verdicts: list[Verdict], found: Mapping[str, list[Pair]]) -> list[Verdict]:
    """A person who has a record under the very name gets none under a similar one unseen."""

    def is_named(verdict: Verdict) -> bool:
        return bool(found[verdict.key][0]["given"] in EXACT)

    linked = [verdict for verdict in verdicts if verdict.reason == "clear"]
    known = {verdict.person for verdict in linked if is_named(verdict)}
    return [
        _for_review(verdict, found[verdict.key], "conflict")
        if verdict.reason == "clear" and verdict.person in known and not is_named(verdict)
        else verdict
        for verdict in verdicts
    ]


def agreement(pair: Pair) -> str:
    """`given=same family=close …`, missing comparisons left out."""
    return " ".join(f"{name}={pair[name]}" for name in LEVELS if pair[name] is not None)
