"""Agreement between readers of the same cases.

Percent agreement and Gwet's AC1 take any number of readers and cases that not everybody read
(Gwet 2008, British Journal of Mathematical and Statistical Psychology 61, 29-48, with the variance
of its section 4); Cohen's kappa compares two readers. AC1 stands beside kappa because kappa
collapses where nearly all cases are of one class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from statsmodels.stats.inter_rater import cohens_kappa

from evaluation.proportions import Z_95

Reads = Sequence[Sequence[Hashable]]


@dataclass(frozen=True)
class Agreement:
    """A coefficient (at most 1), its standard error and the cases with two reads or more.

    error is None with fewer than two such cases.
    """

    value: float
    error: float | None
    cases: int

    def bounds(self) -> tuple[float, float] | None:
        """95 % interval, cut to [-1, 1]; None without a standard error."""
        if self.error is None:
            return None
        half = Z_95 * self.error
        return max(-1.0, self.value - half), min(1.0, self.value + half)


def percent_agreement(reads: Reads) -> Agreement | None:
    """Share of agreeing pairs of reads, averaged over cases; None without a case read twice.

    reads: one sequence of classes per case, absent reads left out.
    """
    shares = [_pair_share(case) for case in reads if len(case) > 1]
    if not shares:
        return None
    error = float(np.std(shares, ddof=1)) / sqrt(len(shares)) if len(shares) > 1 else None
    return Agreement(float(np.mean(shares)), error, len(shares))


def gwet_ac1(reads: Reads, classes: Sequence[Hashable]) -> Agreement | None:
    """AC1 over the given classes (two or more); None without a case read twice.

    Cases read once say how frequent a class is, not how far readers agree.
    """
    rated = [case for case in reads if case]
    twice = np.array([len(case) > 1 for case in rated])
    if not twice.any():
        return None
    shares = np.array([[Counter(case)[c] / len(case) for c in classes] for case in rated])
    frequency = shares.mean(axis=0)
    weight = 1 / (len(classes) - 1)
    by_chance = weight * float(frequency @ (1 - frequency))
    pairs = np.array([_pair_share(case) if len(case) > 1 else 0.0 for case in rated])
    agreed = float(pairs[twice].mean())
    value = (agreed - by_chance) / (1 - by_chance)
    scale = len(rated) / int(twice.sum())
    own = scale * np.where(twice, pairs - by_chance, 0.0) / (1 - by_chance)
    chance = weight * (shares @ (1 - frequency))
    linear = own - 2 * (1 - value) * (chance - by_chance) / (1 - by_chance)
    n = len(rated)
    error = sqrt(float(((linear - value) ** 2).sum()) / (n * (n - 1))) if n > 1 else None
    return Agreement(value, error, int(twice.sum()))


def cohen_kappa(
    pairs: Sequence[tuple[Hashable, Hashable]], classes: Sequence[Hashable]
) -> Agreement | None:
    """Cohen's kappa of first and second reads; None without pairs or where chance explains all."""
    if not pairs:
        return None
    place = {name: n for n, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)))
    for first, second in pairs:
        table[place[first], place[second]] += 1
    with np.errstate(divide="ignore", invalid="ignore"):
        found = cohens_kappa(table)
    if not np.isfinite(found.kappa):
        return None
    error = float(found.std_kappa)
    return Agreement(float(found.kappa), error if np.isfinite(error) else None, len(pairs))


def _pair_share(case: Sequence[Hashable]) -> float:
    n = len(case)
    return sum(k * (k - 1) for k in Counter(case).values()) / (n * (n - 1))
