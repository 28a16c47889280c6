"""How long a claim takes from service to decision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.base_world import BaseWorld
from simulation.timeline import month_start

Ints = npt.NDArray[np.int64]
# Share decided within that many months after the service, of professional claims.
COMPLETE = (0.60, 0.84, 0.92, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.998, 1.0)
HOSPITAL_EXTRA = 0.15  # share of hospital claims that take a month more
SLOW_MONTHS, SLOW_EXTRA = 3, 0.15  # services of the last quarter: share a month slower
DAYS = 30


def lag_days(
    world: BaseWorld, hospital: npt.NDArray[np.bool_], ends: Ints, rng: np.random.Generator
) -> Ints:
    """Days from the end of the service to the decision, one per claim."""
    count = len(ends)
    month = np.searchsorted(np.array(COMPLETE), rng.random(count), side="right")
    month = month + (hospital & (rng.random(count) < HOSPITAL_EXTRA))
    recent = ends >= month_start(world.months - SLOW_MONTHS)
    month = month + (recent & (rng.random(count) < SLOW_EXTRA))
    within = rng.random(count)
    days = np.floor((month + within) * DAYS * world.lag_factor).astype(np.int64)
    return np.maximum(days, 1)
