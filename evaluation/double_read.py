"""Which cases two readers classify again: a seeded sample by quarter and machine class.

At least a tenth and at least fifty cases of a quarter (methodology 2.6), shared over the machine's
classes in proportion, one of each at least; behaviour flips, pairs of code variants and a cancer
found behind a symptom always.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

FLIP, VARIANT, HIDDEN, SAMPLE = "behaviour_flip", "cross_variant", "hidden_malignancy", "sample"


@dataclass(frozen=True)
class Opinion:
    """A delivered opinion with an initial diagnosis. quarter: as '2026-Q1'.

    is_always: the rules want every such pair read, whatever else it is (C23).
    """

    consultation_id: str
    quarter: str
    machine_class: str
    is_flip: bool
    is_cross_variant: bool
    is_always: bool = False


def reading_plan(
    opinions: Iterable[Opinion], share: Decimal, minimum: int, seed: int
) -> dict[str, str]:
    """Consultation id -> why it is read twice; the same opinions and seed give the same plan."""
    quarters: dict[str, list[Opinion]] = defaultdict(list)
    plan: dict[str, str] = {}
    for opinion in opinions:
        quarters[opinion.quarter].append(opinion)
        if why := _always(opinion):
            plan[opinion.consultation_id] = why
    for quarter in quarters.values():
        for chosen in _sample(quarter, wanted(len(quarter), share, minimum), seed):
            plan.setdefault(chosen, SAMPLE)
    return plan


def wanted(cases: int, share: Decimal, minimum: int) -> int:
    """How many of a quarter's cases are to be read twice."""
    return min(cases, max(minimum, ceil(share * cases)))


def _always(opinion: Opinion) -> str | None:
    if opinion.is_flip:
        return FLIP
    if opinion.is_cross_variant:
        return VARIANT
    return HIDDEN if opinion.is_always else None


def _sample(opinions: list[Opinion], size: int, seed: int) -> list[str]:
    strata: dict[str, list[str]] = defaultdict(list)
    for opinion in opinions:
        strata[opinion.machine_class].append(opinion.consultation_id)
    sizes = _allocate({name: len(ids) for name, ids in strata.items()}, size)
    return [
        chosen
        for name, ids in strata.items()
        for chosen in sorted(ids, key=lambda i: _place(seed, i))[: sizes[name]]
    ]


def _allocate(strata: dict[str, int], size: int) -> dict[str, int]:
    """Sizes in proportion by largest remainders, at least one of each stratum, ties by name."""
    total = sum(strata.values())
    exact = {name: Decimal(size) * n / total for name, n in strata.items()}
    sizes = {name: max(1, int(part)) for name, part in exact.items()}
    order = sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))
    while sum(sizes.values()) < size:
        for name in order:
            if sizes[name] < strata[name] and sum(sizes.values()) < size:
                sizes[name] += 1
    return sizes


def _place(seed: int, consultation_id: str) -> str:
    return hashlib.sha256(f"{seed}|{consultation_id}".encode()).hexdigest()
