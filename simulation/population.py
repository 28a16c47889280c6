"""The members of one block: latent severity, observed risk, coverage, monthly cost, triggers.

Every draw is of the size of the candidates, whatever the scenario, so that two scenarios of one
seed differ by the change alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.families import FAMILIES
from simulation.timeline import DAYS_A_MONTH, NEVER, month_of, month_start

Floats = npt.NDArray[np.float64]
_LATER_JOINERS = 0.25
_LAST_JOINING_MONTH = 40
_CANDIDATES = 2.3  # candidates per member of an enriched sample


@dataclass(slots=True)
class Population:
    """Candidates before sampling. `shock` has shape (candidates, months)."""

    frame: pd.DataFrame
    shock: Floats


def expit(x: npt.ArrayLike) -> Floats:
    """Probability of a log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(x, dtype=float))))


def candidates(
    world: BaseWorld, groups: pd.DataFrame, members: int, rng: np.random.Generator
) -> Population:
    """Draw people, their coverage, cost shocks and first trigger (see `History.persons`)."""
    count = members if world.triggered_share is None else round(members * _CANDIDATES) + 20
    frame = _people(world, groups, count, rng)
    _cover(world, frame, rng)
    shock = _shocks(world, count, rng)
    _trigger(world, frame, shock, rng)
    return Population(frame, shock)


def sampled(world: BaseWorld, population: Population, members: int) -> Population:
    """The block's members: all candidates, or triggered and others in the wanted shares."""
    frame = population.frame
    if world.triggered_share is None:
        return population
    triggered = np.flatnonzero(frame["trigger_month"].to_numpy() != NEVER)
    others = np.flatnonzero(frame["trigger_month"].to_numpy() == NEVER)
    wanted = min(round(members * world.triggered_share), len(triggered))
    keep = np.sort(np.concatenate([triggered[:wanted], others[: members - wanted]]))
    return Population(frame.iloc[keep].reset_index(drop=True), population.shock[keep])


def _people(
    world: BaseWorld, groups: pd.DataFrame, count: int, rng: np.random.Generator
) -> pd.DataFrame:
    severity = rng.normal(size=count)
    rho = world.severity_correlation
    risk = rho * severity + np.sqrt(1 - rho**2) * rng.normal(size=count)
    employer = rng.choice(len(groups), size=count, p=groups["weight"].to_numpy())
    family = rng.integers(0, len(FAMILIES), count)
    female_only = np.array([f.female_only for f in FAMILIES])[family]
    ids = np.array([f.family_id for f in FAMILIES])
    age = np.clip(np.where(female_only, 44.0, 57.0) + 8.0 * risk + rng.normal(0, 5, count), 20, 89)
    return pd.DataFrame(
        {
            "employer": employer,
            "access": groups["access"].to_numpy()[employer],
            "launch_month": groups["launch_month"].to_numpy()[employer],
            "family": ids[family],
            "female": (rng.random(count) < 0.51) | female_only,
            "age": np.round(age, 1),
            "conditions": rng.poisson(np.exp(0.1 + 0.4 * risk)),
            "u": severity,
            "x": risk,
            "slope": np.where(rng.random(count) < 0.5, world.slope, 0.0),
            "person_effect": rng.normal(0.0, world.person_sd, count),
            "cost_effect": groups["cost_effect"].to_numpy()[employer],
            "price_effect": groups["price_effect"].to_numpy()[employer],
        }
    )


def _cover(world: BaseWorld, frame: pd.DataFrame, rng: np.random.Generator) -> None:
    """Joining day, and exponential clocks of death and leaving (not yet realised)."""
    count = len(frame)
    joins_later = rng.random(count) < _LATER_JOINERS
    month = rng.integers(1, _LAST_JOINING_MONTH, count)
    frame["start_day"] = np.where(joins_later, month_start(month), 0)
    death = -np.log1p(-world.death_year) / 365.25 * np.exp(world.death_severity * frame["u"])
    leave = -np.log1p(-world.leave_year) / 365.25
    leave = leave * np.exp(world.leave_observed * frame["x"] + world.leave_severity * frame["u"])
    frame["death_rate"], frame["leave_rate"] = death, leave
    frame["death_clock"] = frame["start_day"] + np.floor(rng.exponential(size=count) / death)
    frame["leave_need"] = rng.exponential(size=count)
    frame["leave_clock"] = frame["start_day"] + np.floor(frame["leave_need"] / leave)


def _shocks(world: BaseWorld, count: int, rng: np.random.Generator) -> Floats:
    """Stationary AR(1) of log monthly cost, shape (count, months)."""
    out = np.empty((count, world.months))
    out[:, 0] = rng.normal(0, world.shock_sd / np.sqrt(1 - world.autoregression**2), count)
    steps = rng.normal(0, world.shock_sd, (count, world.months))
    for month in range(1, world.months):
        out[:, month] = world.autoregression * out[:, month - 1] + steps[:, month]
    return out


def trigger_hazard(world: BaseWorld, severity: Floats, shock_before: Floats) -> Floats:
    """Monthly probability of a trigger, given the cost shock of the month before."""
    if world.trigger_threshold is not None:
        return np.where(shock_before >= world.trigger_threshold, world.trigger_above_threshold, 0.0)
    return expit(
        world.trigger_logit + world.trigger_severity * severity + world.trigger_shock * shock_before
    )


def _trigger(
    world: BaseWorld, frame: pd.DataFrame, shock: Floats, rng: np.random.Generator
) -> None:
    """First trigger of each candidate while alive and covered; NEVER without one."""
    count = len(frame)
    month = np.full(count, NEVER)
    last_day = np.minimum(frame["death_clock"].to_numpy(), frame["leave_clock"].to_numpy())
    start, severity = frame["start_day"].to_numpy(), frame["u"].to_numpy()
    for at in range(1, world.months):
        chance = rng.random(count)
        if at < world.first_trigger_month:
            continue
        inside = (start <= month_start(at - 1)) & (last_day >= month_start(at + 1))
        hit = chance < trigger_hazard(world, severity, shock[:, at - 1])
        month[inside & hit & (month == NEVER)] = at
    length = month_start(month + 1) - month_start(month)
    within = np.floor(rng.random(count) * length).astype(np.int64)
    frame["trigger_month"] = month
    frame["trigger_day"] = np.where(month == NEVER, NEVER, month_start(month) + within)


def monthly_cost(
    world: BaseWorld, population: Population, unit: float, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Cost unrelated to the trigger in minor units, shape (members, months); 0 when not covered.

    `unit` is minor units per dollar.
    """
    frame = population.frame
    count = len(frame)
    effects = (frame["person_effect"] + frame["cost_effect"]).to_numpy()
    shock_var = world.shock_sd**2 / (1 - world.autoregression**2)
    level = np.log(world.monthly_dollars) - (world.person_sd**2 + shock_var) / 2
    trend = frame["slope"].to_numpy()[:, None] * np.arange(world.months)
    cost = np.exp(level + effects[:, None] + population.shock + trend)
    seen = rng.random((count, world.months)) < world.visit_share
    amount = np.floor(cost / world.visit_share * unit).astype(np.int64)
    return np.where(seen & covered_months(frame, world.months), np.maximum(amount, 1), 0)


def covered_months(frame: pd.DataFrame, months: int) -> npt.NDArray[np.bool_]:
    """Months wholly covered from `start_day` to the earlier of death and leaving."""
    last = np.minimum(frame["death_clock"].to_numpy(), frame["leave_clock"].to_numpy())
    first = month_of(frame["start_day"].to_numpy())
    end = np.minimum(last, months * DAYS_A_MONTH + 60).astype(np.int64)
    final = np.where(end + 1 >= month_start(month_of(end) + 1), month_of(end), month_of(end) - 1)
    at = np.arange(months)
    covered: npt.NDArray[np.bool_] = (at >= first[:, None]) & (at <= final[:, None])
    return covered
