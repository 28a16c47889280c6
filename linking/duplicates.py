"""Members that look wrong among themselves: one person with two ids, one id for two people.

Found, listed and counted; nothing is ever merged or parted here. Until the payor has put its own
ids right, a consultation that fits both ids of one person is in review (`second_person`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

# What two members must agree on to be shown as one person; every field must be filled.
KEYS = (
    ("national_id", "birth_date"),
    ("given", "family", "birth_date", "postal"),
    ("given", "family", "birth_date", "phone"),
    ("given", "family", "birth_date", "email"),
)
# More members than this under one key are a value that says nothing, not one person.
MOST_ALIKE = 5


@dataclass(frozen=True)
class Suspicion:
    """kind: two_ids or id_reused; first, second: member ids (second None for id_reused); agreement:
    names of the fields that agree, or that differ.
    """

    kind: str
    first: str
    second: str | None
    agreement: str


def suspicions(people: pd.DataFrame) -> list[Suspicion]:
    """All of them, in order. people: `owner` and the normalised fields, one row per description."""
    found = {*_two_ids(people), *_reused(people)}
    return sorted(found, key=lambda one: (one.kind, one.first, one.second or ""))


def _two_ids(people: pd.DataFrame) -> Iterator[Suspicion]:
    found: dict[tuple[str, str], set[str]] = {}
    for key in KEYS:
        rows = people[["owner", *key]].dropna().drop_duplicates()
        alike = rows.groupby(list(key), sort=False)["owner"].agg(["nunique", "unique"])
        for owners in alike.loc[alike["nunique"].between(2, MOST_ALIKE), "unique"]:
            for pair in combinations(sorted(map(str, owners)), 2):
                found.setdefault((pair[0], pair[1]), set()).update(key)
    for (first, second), fields in found.items():
        yield Suspicion("two_ids", first, second, " ".join(sorted(fields)))


def _reused(people: pd.DataFrame) -> Iterator[Suspicion]:
    """Descriptions of one id that share neither birth date nor given name."""
    rows = people[["owner", "given", "birth_date"]].dropna().drop_duplicates()
    counts = rows.groupby("owner")[["given", "birth_date"]].nunique()
    for owner in counts.index[(counts > 1).all(axis=1)]:
        named = rows[rows["owner"] == owner].itertuples(index=False)
        if any(a.given != b.given and a.birth_date != b.birth_date
               for a, b in combinations(list(named), 2)):  # fmt: skip
            yield Suspicion("id_reused", str(owner), None, "given birth_date")
