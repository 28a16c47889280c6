"""Expected cost given who the patient is: a gamma model with a log link, judged on a holdout.

Source: generalised linear models of severity (McCullagh and Nelder 1989, chapter 8). Costs must be
positive. The holdout is chosen by a hash of the episode's id, so that it is the same every night.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

HOLDOUT_SHARE = 0.3
DECILES = 10


@dataclass(frozen=True)
class Patient:
    """One episode: its cost and what was known before it began."""

    episode_id: str
    cost: float
    age_band: str
    sex: str
    prior_cost: float
    conditions: int


@dataclass(frozen=True)
class PredictiveRatio:
    """Predicted over observed cost in the holdout; decile 0 is all of it, 1 the cheapest."""

    decile: int
    ratio: float
    n: int


def is_held_out(episode_id: str) -> bool:
    """Three in ten, by the id alone."""
    number = int(hashlib.sha256(episode_id.encode()).hexdigest()[:8], 16)
    return number < HOLDOUT_SHARE * 16**8


def predictive_ratios(patients: Sequence[Patient], minimum: int) -> list[PredictiveRatio]:
    """Fit without the holdout, predict it; empty with fewer than `minimum` episodes in all.

    Deciles are of predicted cost, and only given where each has ten episodes.
    """
    positive = sorted((p for p in patients if p.cost > 0), key=lambda p: p.episode_id)
    fitted = [p for p in positive if not is_held_out(p.episode_id)]
    held = [p for p in positive if is_held_out(p.episode_id)]
    if len(positive) < minimum or not held:
        return []
    predicted = _predict(fitted, held)
    pairs = sorted(zip(predicted, (p.cost for p in held), strict=True))
    ratios = [_ratio(0, pairs)]
    if len(pairs) >= 10 * DECILES:
        for decile in range(DECILES):
            start, end = (len(pairs) * edge // DECILES for edge in (decile, decile + 1))
            ratios.append(_ratio(decile + 1, pairs[start:end]))
    return ratios


def _ratio(decile: int, pairs: Sequence[tuple[float, float]]) -> PredictiveRatio:
    predicted, observed = (sum(side) for side in zip(*pairs, strict=True))
    return PredictiveRatio(decile, predicted / observed, len(pairs))


def _predict(fitted: Sequence[Patient], held: Sequence[Patient]) -> list[float]:
    import numpy as np
    import statsmodels.api as sm

    levels = {name: sorted({getattr(p, name) for p in fitted})[1:] for name in ("age_band", "sex")}

    def row(p: Patient) -> list[float]:
        marks = [float(getattr(p, name) == level) for name in levels for level in levels[name]]
        return [1.0, *marks, float(np.log1p(max(p.prior_cost, 0.0))), float(min(p.conditions, 5))]

    model = sm.GLM(
        np.array([p.cost for p in fitted]),
        np.array([row(p) for p in fitted]),
        family=sm.families.Gamma(sm.families.links.Log()),
    )
    # a level without spread, or costs that follow exactly: the prediction stands all the same
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit()
    found = fit.predict(np.array([row(p) for p in held]))
    return [float(value) for value in found]
