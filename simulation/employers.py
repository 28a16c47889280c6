"""The employers of one payor: size, access to the programme, effects on cost and price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.base_world import BaseWorld

NO_LAUNCH = -1


def employers(world: BaseWorld, seed: int, payor_number: int) -> pd.DataFrame:
    """One row per employer: weight, access, launch_month, cost_effect, price_effect (log scale).

    Exactly `access_share` of them have access; launch cohorts are of equal number.
    """
    rng = np.random.default_rng((seed, payor_number, 7_001))
    count = world.employers
    sizes = rng.lognormal(0.0, world.employer_size_sigma, count)
    chosen = rng.permutation(count)[: round(count * world.access_share)]
    launch = np.full(count, NO_LAUNCH)
    launch[chosen] = np.resize(np.array(world.launch_months), len(chosen))
    within = world.person_sd**2 + world.shock_sd**2 / (1 - world.autoregression**2)
    effect_sd = np.sqrt(world.cost_icc / (1 - world.cost_icc) * within)
    return pd.DataFrame(
        {
            "employer": np.arange(count),
            "weight": sizes / sizes.sum(),
            "access": launch != NO_LAUNCH,
            "launch_month": launch,
            "cost_effect": rng.normal(0.0, effect_sd, count),
            "price_effect": rng.normal(0.0, world.price_effect_sd, count),
        }
    )
