"""Both potential courses of every trigger: operated when without an opinion, and when with one.

One uniform rank per trigger drives both courses, so that an opinion that lowers the probability
only ever takes operations away (who would never have been operated is never "avoided"), and one
that raises it only ever adds. Ranks are conditional on being unoperated at the opinion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.employers import NO_LAUNCH
from simulation.families import FAMILIES
from simulation.population import Floats, expit
from simulation.timeline import DAYS_A_MONTH, NEVER

POSITIONS = ("agreed", "against", "alternative", "defer")
DEFER_EXTRA = 6
LATE_MONTHS = 12.0
_REMAINING = 0.65  # the late gain is stated for the share unoperated after advice against


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative incidence of the operation from the trigger on, one entry per trigger.

    `p0` is reached at `window` months, with `rate` of an exponential front (0: evenly spread);
    `late` more is added evenly over the twelve months after.
    """

    p0: Floats
    window: Floats
    rate: Floats
    late: Floats

    def at(self, months: npt.ArrayLike) -> Floats:
        """Share operated by then."""
        t = np.asarray(months, dtype=float)
        inside = self.p0 * _spread(np.clip(t / self.window, 0, 1), self.rate * self.window)
        return inside + self.late * np.clip((t - self.window) / LATE_MONTHS, 0, 1)

    def when(self, rank: Floats) -> Floats:
        """Months to the operation of that rank; infinite beyond the curve."""
        share = np.clip(rank / np.maximum(self.p0, 1e-12), 0, 1)
        inside = self.window * _unspread(share, self.rate * self.window)
        over = (rank - self.p0) / np.maximum(self.late, 1e-12)
        late = np.where(over <= 1, self.window + LATE_MONTHS * over, np.inf)
        return np.where(rank < self.p0, inside, late)


def _spread(share: Floats, k: Floats) -> Floats:
    flat = k < 1e-9
    safe = np.where(flat, 1.0, k)
    return np.where(flat, share, -np.expm1(-safe * share) / -np.expm1(-safe))


def _unspread(share: Floats, k: Floats) -> Floats:
    flat = k < 1e-9
    safe = np.where(flat, 1.0, k)
    return np.where(flat, share, -np.log1p(share * np.expm1(-safe)) / safe)


@lru_cache(maxsize=64)
def front_rate(window: int, first_month: float) -> float:
    """Rate a month of the exponential front that puts that share into the first month."""
    if first_month <= 1 / window:
        return 0.0
    low, high = 1e-6, 5.0
    for _ in range(80):
        rate = (low + high) / 2
        share = -np.expm1(-rate) / -np.expm1(-rate * window)
        low, high = (rate, high) if share < first_month else (low, rate)
    return rate


_BY_ID = {family.family_id: n for n, family in enumerate(FAMILIES)}
_WINDOWS = np.array([f.window_months for f in FAMILIES])
_SHIFTS = np.array([f.operated_shift for f in FAMILIES])
_FRONTS = np.array([front_rate(f.window_months, f.first_month) for f in FAMILIES])


def family_numbers(family: pd.Series) -> npt.NDArray[np.int64]:
    """Place of each family in the table of families."""
    return np.asarray(family.map(_BY_ID), dtype=np.int64)


def untreated(world: BaseWorld, family: npt.NDArray[np.int64], severity: Floats) -> Curve:
    """The curve without an opinion."""
    p0 = expit(world.operated_logit + world.operated_severity * severity + _SHIFTS[family])
    late = np.minimum(world.late_gain / _REMAINING, 1.0) * (1 - p0)
    return Curve(p0, _WINDOWS[family].astype(float), _FRONTS[family], late)


def delays(world: BaseWorld, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Days from trigger to opinion, gamma, at least five."""
    shape = (world.delay_mean / world.delay_sd) ** 2
    months = rng.gamma(shape, world.delay_mean / shape, count)
    return np.maximum(5, np.round(months * DAYS_A_MONTH)).astype(np.int64)


@lru_cache(maxsize=16)
def selection(world: BaseWorld) -> tuple[float, float, float]:
    """(mean of U among users, its SD, share of those who want an opinion operated before it).

    By a fixed simulation of the triggers; a constant of the world, not of a seed.
    """
    rng = np.random.default_rng(14_000)
    count = 60_000
    severity = rng.normal(size=count)
    shock_var = world.shock_sd**2 / (1 - world.autoregression**2)
    never = np.ones(count)
    months = world.months - world.first_trigger_month
    hazard = expit(
        world.trigger_logit
        + world.trigger_severity * severity
        + world.trigger_shock**2 * shock_var / 2
    )
    never = (1 - np.minimum(hazard, 1)) ** months
    weight = (1 - never) * expit(world.user_logit + world.user_severity * severity)
    family = rng.integers(0, len(FAMILIES), count)
    early = untreated(world, family, severity).at(delays(world, count, rng) / DAYS_A_MONTH)
    mean = float(np.average(severity, weights=weight))
    sd = float(np.sqrt(np.average((severity - mean) ** 2, weights=weight)))
    return mean, sd, float(np.average(early, weights=weight))


def positions(world: BaseWorld, severity: Floats, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """The reviewer's position; "against" goes to the low ranks of severity first."""
    mean, sd, _ = selection(world)
    rho = world.against_severity
    noise = rng.normal(size=len(severity))
    score = rho * (severity - mean) / sd + np.sqrt(1 - rho**2) * noise
    agreed, against, alternative, defer = world.positions
    rest = rng.random(len(severity)) * (agreed + alternative + defer)
    other = np.where(
        rest < agreed,
        "agreed",
        np.where(rest < agreed + alternative, "alternative", "defer"),
    )
    return np.where(score < _normal_quantile(against), "against", other)


@lru_cache(maxsize=64)
def _normal_quantile(share: float) -> float:
    return NormalDist().inv_cdf(share)


def treated_probability(
    world: BaseWorld, position: npt.NDArray[np.str_], p0: Floats, frame: pd.DataFrame
) -> Floats:
    """p1 within the window from the opinion on, given unoperated at the opinion."""
    if world.null_effect:
        return p0
    if world.cohort_effects is not None:
        return p0 * (1 - _cohort_effect(world, frame))
    against = np.isin(position, ("against", "alternative"))
    return np.where(
        against,
        world.performed_against,
        np.where(position == "defer", world.performed_defer, world.performed_agreed),
    )


def _cohort_effect(world: BaseWorld, frame: pd.DataFrame) -> Floats:
    effects = np.array(world.cohort_effects)
    launch = frame["launch_month"].to_numpy()
    cohort = np.searchsorted(np.array(world.launch_months), np.maximum(launch, 0))
    effect = effects[np.clip(cohort, 0, len(effects) - 1)]
    if world.effect_ramp_months:
        since = np.clip(frame["trigger_month"].to_numpy() - launch, 0, None)
        effect = effect * np.clip(since / world.effect_ramp_months, 0.0, 1.0)
    return np.where(launch == NO_LAUNCH, 0.0, effect)


def treated_months(
    world: BaseWorld, cases: pd.DataFrame, rank: Floats, family: npt.NDArray[np.int64]
) -> Floats:
    """Months from the opinion to the operation with an opinion; infinite for never.

    `cases` needs position, window_months, p0 and p1 (landmarked); `rank` is the uniform rank
    among those unoperated at the opinion.
    """
    p0, p1 = cases["p0"].to_numpy(), cases["p1"].to_numpy()
    window = cases["window_months"].to_numpy(dtype=float)
    defer = cases["position"].to_numpy() == "defer"
    start = np.where(defer, 3.0, 0.0)
    late = world.late_gain * (1 - p1) / _REMAINING
    curve = Curve(p1, np.where(defer, window + DEFER_EXTRA - 3.0, window), _FRONTS[family], late)
    months = curve.when(rank) + start
    if world.late_share_of_avoided is not None:
        avoided = (rank >= p1) & (rank < p0)
        place = (rank - p1) / np.maximum(p0 - p1, 1e-12) / world.late_share_of_avoided
        months = np.where(avoided & (place < 1), window + 1 + (LATE_MONTHS - 1) * place, months)
    return months


def days_after(start: npt.NDArray[np.int64], months: Floats) -> npt.NDArray[np.int64]:
    """Day that many (fractional) months later; NEVER for infinite."""
    finite = np.isfinite(months)
    days = np.floor(np.where(finite, months, 0.0) * DAYS_A_MONTH).astype(np.int64)
    return np.where(finite, start + days, NEVER)
