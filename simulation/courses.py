"""Triggers of a block: who gets an opinion, and the two courses that may follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.employers import NO_LAUNCH
from simulation.families import FAMILIES
from simulation.population import Floats, expit
from simulation.potential import (
    DEFER_EXTRA,
    days_after,
    delays,
    family_numbers,
    positions,
    selection,
    treated_months,
    treated_probability,
    untreated,
)
from simulation.timeline import DAYS_A_MONTH, NEVER, add_months

_EPISODE = np.array([f.episode_cost for f in FAMILIES])
_FAR = 10**7


def draw_triggers(
    world: BaseWorld, people: pd.DataFrame, unit: float, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per triggered member; every draw before any course is decided."""
    row = np.flatnonzero(people["trigger_month"].to_numpy() != NEVER)
    frame = people.iloc[row].reset_index(drop=True)
    frame.insert(0, "row", row)
    count = len(frame)
    number = family_numbers(frame["family"])
    frame["window_months"] = np.array([f.window_months for f in FAMILIES])[number]
    _intent(world, frame, rng)
    launched = frame["trigger_month"] >= frame["launch_month"]
    frame["has_access"] = frame["access"] & launched & (frame["launch_month"] != NO_LAUNCH)
    trend = world.user_slope * (frame["slope"].to_numpy() - world.slope / 2)
    logit = world.user_logit + world.user_severity * frame["u"].to_numpy() + trend
    frame["wants"] = rng.random(count) < expit(logit)
    frame["delay_days"] = delays(world, count, rng)
    frame["position"] = positions(world, frame["u"].to_numpy(), rng)
    frame["course_rank"] = rng.random(count)
    frame["keep_early"] = rng.random(count)
    frame["spill_draw"] = rng.random(count)
    frame["need_draw"] = rng.random(count)
    _episode_cost(world, frame, number, unit, rng)
    frame["fee"] = round(world.case_fee * unit)
    chance = rng.random(count)
    frame["hidden_by"] = np.where(
        chance < world.elsewhere,
        "elsewhere",
        np.where(chance < world.elsewhere + world.capitated, "capitated", ""),
    )
    frame["visible"] = frame["hidden_by"] == ""
    frame["deny_draw"] = rng.random(count)
    frame["lag_days"] = np.round(4 + rng.gamma(2.0, 11.0, count) * world.lag_factor).astype(int)
    return frame


def redraw(
    world: BaseWorld, cases: pd.DataFrame, count: int, unit: float, rng: np.random.Generator
) -> pd.DataFrame:
    """`count` new lives of the given cases: who they are stays, what happens from t0 is new."""
    frame = cases.iloc[np.arange(count) % len(cases)].reset_index(drop=True)
    number = family_numbers(frame["family"])
    before = untreated(world, number, frame["u"].to_numpy()).at(
        frame["delay_days"].to_numpy() / DAYS_A_MONTH
    )
    frame["course_rank"] = before + (1 - before) * rng.random(count)
    for name in ("keep_early", "spill_draw", "need_draw", "deny_draw"):
        frame[name] = rng.random(count)
    rest = np.floor(rng.exponential(size=count) / frame["death_rate"].to_numpy())
    frame["death_clock"] = frame["t0_day"].to_numpy() + 1 + rest
    _episode_cost(replace(world, outlier_dollars=0.0), frame, number, unit, rng)
    return frame


def _intent(world: BaseWorld, frame: pd.DataFrame, rng: np.random.Generator) -> None:
    share = rng.random(len(frame))
    e3, e4 = world.intent_e3, world.intent_e4
    frame["intent"] = np.where(share < e3, "E3", np.where(share < e3 + e4, "E4", "E1"))
    share = rng.random(len(frame))
    decision = np.where(
        share < world.denied,
        "denied",
        np.where(share < world.denied + world.withdrawn, "withdrawn", "approved"),
    )
    frame["decision"] = np.where(frame["intent"] == "E1", decision, "")


def _episode_cost(
    world: BaseWorld,
    frame: pd.DataFrame,
    number: npt.NDArray[np.int64],
    unit: float,
    rng: np.random.Generator,
) -> None:
    """Mean one mixture of lognormal and Pareto, times severity and the employer's prices."""
    count = len(frame)
    sigma2 = np.log1p(world.episode_cv**2)
    body = np.exp(rng.normal(-sigma2 / 2, np.sqrt(sigma2), count))
    alpha = world.pareto_alpha
    tail = (1 + rng.pareto(alpha, count)) * (alpha - 1) / alpha
    frame["mixture"] = np.where(rng.random(count) < world.pareto_share, tail, body)
    frame["severity_cost"] = np.exp(np.log1p(world.episode_severity) * frame["u"])
    frame["price_cost"] = np.exp(frame["price_effect"])
    expected = _EPISODE[number] * frame["severity_cost"] * frame["price_cost"] * unit
    frame["expected_cost"] = np.round(expected).astype(np.int64)
    frame["episode_cost"] = np.maximum(np.round(expected * frame["mixture"]), 3).astype(np.int64)


def complete(world: BaseWorld, frame: pd.DataFrame) -> None:
    """Decide both courses and the realised one; adds the columns named in `History`."""
    number = family_numbers(frame["family"])
    delay = frame["delay_days"].to_numpy() / DAYS_A_MONTH
    window = frame["window_months"].to_numpy(dtype=float)
    curve = untreated(world, number, frame["u"].to_numpy())
    rank = frame["course_rank"].to_numpy()
    before = curve.at(delay)
    frame["t0_day"] = frame["trigger_day"] + frame["delay_days"]
    frame["window_end_day"] = add_months(frame["t0_day"], frame["window_months"])
    longer = np.where(frame["position"] == "defer", DEFER_EXTRA, 0)
    frame["defer_end_day"] = add_months(frame["t0_day"], frame["window_months"] + longer)
    frame["unoperated"] = rank >= before
    frame["p0"] = (curve.at(delay + window + longer) - before) / (1 - before)
    frame["p0_window"] = (curve.at(delay + window) - before) / (1 - before)
    frame["p1"] = treated_probability(
        world, frame["position"].to_numpy(), frame["p0"].to_numpy(), frame
    )
    frame["rank"] = np.where(frame["unoperated"], (rank - before) / (1 - before), np.nan)
    _operations(world, frame, curve.when(rank), number)
    _uptake(world, frame)
    _endings(world, frame)
    _outcomes(world, frame)
    frame.drop(
        columns=["course_rank", "keep_early", "spill_draw", "need_draw", "deny_draw"], inplace=True
    )


def _operations(
    world: BaseWorld, frame: pd.DataFrame, months: Floats, number: npt.NDArray[np.int64]
) -> None:
    """Operation days of both courses; before t0 they are one."""
    unoperated = frame["unoperated"].to_numpy()
    early = days_after(frame["trigger_day"].to_numpy(), months)
    t0 = frame["t0_day"].to_numpy()
    early = np.where(unoperated & (early != NEVER), np.maximum(early, t0), early)
    frame["y0_day"] = np.where(unoperated, early, np.minimum(early, t0 - 1))
    if world.null_effect:
        frame["y1_day"] = frame["y0_day"]
        return
    rank = np.nan_to_num(frame["rank"].to_numpy(), nan=1.0)
    later = days_after(t0, treated_months(world, frame, rank, number))
    frame["y1_day"] = np.where(unoperated, later, frame["y0_day"])


def _uptake(world: BaseWorld, frame: pd.DataFrame) -> None:
    """Users: those who want it, can have it, and are not operated first (but for a share)."""
    _, _, early = selection(world)
    kept = world.performed_before / (1 - world.performed_before) * (1 - early) / max(early, 1e-9)
    stays = frame["unoperated"] | (frame["keep_early"] < kept)
    frame["user"] = frame["has_access"] & frame["wants"] & stays
    frame["spilled"] = ~frame["user"] & (frame["spill_draw"] < world.spill_over)
    frame["treated"] = frame["user"] | frame["spilled"]
    against = frame["position"].isin(("against", "alternative"))
    frame["needed"] = against & (frame["need_draw"] < world.needed_care)
    denied = frame["user"] & (frame["deny_draw"] < world.programme_denials)
    frame["op_denial"] = np.where(denied, "AUTH", "")


def _endings(world: BaseWorld, frame: pd.DataFrame) -> None:
    """Death and leaving in either course: operated members leave faster, harm shortens lives."""
    death = frame["death_clock"].to_numpy()
    t0 = frame["t0_day"].to_numpy()
    harmed = (frame["position"].isin(("against",)) & (death > t0)).to_numpy()
    shorter = np.floor(t0 + (death - t0) / world.harm_death)
    frame["death0_day"] = death.astype(np.int64)
    frame["death1_day"] = np.where(harmed, shorter, death).astype(np.int64)
    need, rate = frame["leave_need"].to_numpy(), frame["leave_rate"].to_numpy()
    for course in ("0", "1"):
        operated = frame[f"y{course}_day"].to_numpy()
        start = frame["start_day"].to_numpy()
        until = np.where(operated == NEVER, _FAR, operated - start)
        plain = need / rate
        after = until + np.maximum(plain - until, 0) / world.leave_operated
        left = np.floor(start + np.where(plain <= until, plain, after))
        frame[f"leave{course}_day"] = np.maximum(left, frame["trigger_day"] + 1).astype(np.int64)


def _outcomes(world: BaseWorld, frame: pd.DataFrame) -> None:
    """Indicators of either course and the realised course."""
    t0, treated = frame["t0_day"], frame["treated"].to_numpy()
    for course in ("0", "1"):
        day, death = frame[f"y{course}_day"], frame[f"death{course}_day"]
        frame[f"y{course}"] = (day >= t0) & (day <= frame["defer_end_day"]) & (day <= death)
        plain = (day >= t0) & (day <= frame["window_end_day"]) & (day <= death)
        frame[f"y{course}_window"] = plain
    for name in ("y", "death", "leave"):
        tail = "_day"
        chosen = np.where(treated, frame[f"{name}1{tail}"], frame[f"{name}0{tail}"])
        frame["operated_day" if name == "y" else f"{name}{tail}"] = chosen
    day = frame["operated_day"]
    last = np.minimum(frame["death_day"], frame["leave_day"])
    frame["operated_day"] = np.where((day != NEVER) & (day <= frame["death_day"]), day, NEVER)
    frame["covered_operation"] = (frame["operated_day"] != NEVER) & (frame["operated_day"] <= last)
    end = np.where(frame["user"], frame["defer_end_day"], frame["window_end_day"])
    frame["operated"] = (frame["operated_day"] >= t0) & (frame["operated_day"] <= end)
    frame["performed_before"] = (frame["operated_day"] != NEVER) & (frame["operated_day"] < t0)


def place_outlier(world: BaseWorld, frame: pd.DataFrame, unit: float) -> None:
    """Give one user, operated in both courses, an episode of outlier size: the first to close."""
    covered = frame["leave0_day"] > frame["t0_day"]
    chosen = np.flatnonzero(frame["user"] & frame["y0"] & frame["y1"] & covered)
    if world.outlier_dollars and len(chosen):
        first = chosen[frame["defer_end_day"].to_numpy()[chosen].argmin()]
        frame.loc[first, "episode_cost"] = int(world.outlier_dollars * unit)
