"""The truth of a contest: theta of the superpopulation, beside the realised sum of one world.

An interval aims at theta, so theta is the judge; the realised sum of a world is another number
and scatters around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulation.base_world import BaseWorld
from simulation.history import History, build_history
from simulation.rivals.estimands import Estimand
from simulation.rivals.plan import profile

DRAWS = 1_000_000
_BLOCK = 50_000
_FIRST_SEED = 9_000_000  # far from the seeds of contests
_EMPLOYERS = 2_000  # so that effects of employers average out


@dataclass(frozen=True, slots=True)
class Theta:
    """Mean of the estimand and its Monte Carlo error; `cases` of `draws` triggered members."""

    value: float
    error: float
    cases: int
    draws: int


def theta(world: BaseWorld, estimand: Estimand, draws: int, first_seed: int = _FIRST_SEED) -> Theta:
    """Mean over the estimand's cases among at least `draws` triggered members.

    Every employer has access here, which is drawn apart from everything else, so that more of
    the draws are cases; a planted outlier belongs to a realised world, not to the superpopulation.
    """
    wide = replace(world, access_share=1.0, employers=_EMPLOYERS, outlier_dollars=0.0)
    values: list[np.ndarray] = []
    seen, seed = 0, first_seed
    while seen < draws:
        history = build_history(wide, profile(), seed, members=min(_BLOCK, 2 * draws))
        values.append(estimand.values(estimand.cases(history)))
        seen, seed = seen + len(history.triggers), seed + 1
    every = np.concatenate(values)
    return Theta(float(every.mean()), float(every.std() / np.sqrt(len(every))), len(every), seen)


@dataclass(frozen=True, slots=True)
class Realised:
    """Sum of the estimand over the cases of one world, and their number."""

    total: float
    cases: int

    @property
    def mean(self) -> float:
        """Per case."""
        return self.total / self.cases


def realised(history: History, estimand: Estimand) -> Realised:
    """What happened in this world, both courses seen."""
    values = estimand.values(estimand.cases(history))
    return Realised(float(values.sum()), len(values))
