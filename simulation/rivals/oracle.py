"""Oracle estimators: they know what no report knows, and must cover the truth.

`potential_outcomes` sees both courses of each case; `known_severity` knows the true odds of use;
`randomised` uses that access was drawn by employer, whatever severity is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.history import History
from simulation.rivals.cases import Floats, closed, operated_within
from simulation.rivals.estimands import Estimand
from simulation.rivals.estimate import Estimate, clustered, mean, sums_by
from simulation.rivals.naive import weighted_difference
from simulation.rivals.panels import BASELINE, changes


def potential_outcomes(history: History, estimand: Estimand) -> Estimate:
    """Mean of the estimand over its cases, with its sampling interval by employer."""
    cases = estimand.cases(history)
    return mean(estimand.values(cases), cases["employer"])


def known_severity(history: History) -> Estimate:
    """Operations avoided: non-users with access, weighted by the true odds of use, minus users.

    Hirano, Imbens and Ridder 2003, with the propensity known.
    """
    frame = closed(history)
    frame = frame[frame["has_access"]].reset_index(drop=True)
    return weighted_difference(frame, operated_within(frame, "realised"), history)


def arms(history: History, frame: pd.DataFrame) -> pd.DataFrame:
    """Triggers after the launch, in employers with and without access (the randomised arms)."""
    launched = frame["trigger_month"] >= min(history.world.launch_months)
    return frame[launched & (frame["has_access"] | ~frame["access"])].reset_index(drop=True)


def randomised(history: History) -> Estimate:
    """Operations avoided per user: arms without minus with access, over the share of users.

    The instrument is access by employer (Imbens and Angrist 1994); one-sided non-compliance.
    """
    frame = arms(history, closed(history))
    return _per_user(frame, operated_within(frame, "realised"))


def randomised_other_cost(history: History) -> Estimate:
    """Other cost saved per user in log points, by arm: months -18..-7 to 1..12."""
    frame = arms(history, changes(history, BASELINE))
    return _per_user(frame, frame["change"].to_numpy())


def _per_user(frame: pd.DataFrame, outcome: Floats) -> Estimate:
    """(Mean outcome without access minus with access) / share of users with access."""
    inside = frame["access"].to_numpy(dtype=float)
    outside = 1.0 - inside
    user = frame["user"].to_numpy(dtype=float)
    sums = sums_by(
        frame["employer"], outcome * outside, outside, outcome * inside, inside, user * inside
    )
    return clustered(sums, _wald, sums[:, 1] + sums[:, 3], len(frame))


def _wald(sums: Floats) -> Floats:
    gap = sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3]
    return np.asarray(gap / (sums[..., 4] / sums[..., 3]))
