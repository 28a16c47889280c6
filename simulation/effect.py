"""The true effect of a payor's programme: as realised, and as expected of the same cases.

Cases count once their quarter is closed: every delivered case of it has passed its window, the
tail and the run-out. Operated-before cases are left out of the effect; fees are those of cases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.cases import Case
from simulation.courses import complete, redraw
from simulation.episodes import TAIL_DAYS, add_costs, care_events
from simulation.history import History
from simulation.office import paid_of
from simulation.parameters import Calendar
from simulation.payor_files import RUNOUT_MONTHS
from simulation.profiles import Profile
from simulation.timeline import add_months, day_number, month_of

CHUNK = 50_000
_KEPT = (
    "person", "employer", "launch_month", "trigger_month", "trigger_day", "family", "age", "u", "x",
    "price_effect", "start_day", "death_rate", "leave_rate", "leave_need", "window_months",
    "delay_days", "position", "has_access", "wants", "intent", "decision", "fee", "t0_day",
    "defer_end_day", "performed_before", "y0", "y1", "p0", "p1",
)  # fmt: skip


def effect_rows(history: History, drafts: dict[int, Case]) -> pd.DataFrame:
    """Delivered cases of a block with the cost of both courses, system and payor."""
    delivered = [n for n, case in drafts.items() if case.delivered is not None]
    costs = window_costs(history.triggers, history.care)
    return history.triggers.loc[delivered, list(_KEPT)].join(costs)


def window_costs(triggers: pd.DataFrame, care: pd.DataFrame) -> pd.DataFrame:
    """allowed0, allowed1, paid0, paid1 of [t0, end of the window + tail], by trigger."""
    at, day = care["trigger"].to_numpy(), care["day"].to_numpy()
    first = triggers["t0_day"].to_numpy()[at]
    last = triggers["defer_end_day"].to_numpy()[at] + TAIL_DAYS
    inside = (day >= first) & (day <= last)
    amount = care["amount"].to_numpy()
    paid = paid_of(amount, care["kind"].isin(("operation", "induced")).to_numpy())
    out = {}
    for name, money in (("allowed", amount), ("paid", paid)):
        for course in ("0", "1"):
            chosen = inside & care[f"in{course}"].to_numpy()
            sums = np.zeros(len(triggers), dtype=np.int64)
            np.add.at(sums, at[chosen], money[chosen])
            out[f"{name}{course}"] = sums
    return pd.DataFrame(out, index=triggers.index)


def closed(cases: pd.DataFrame, calendar: Calendar) -> npt.NDArray[np.bool_]:
    """Cases of quarters in which every case is mature on the last night."""
    quarter = month_of(cases["t0_day"].to_numpy()) // 3
    matures = add_months(cases["defer_end_day"].to_numpy() + TAIL_DAYS, RUNOUT_MONTHS)
    today = day_number(calendar.last)
    open_ones = np.unique(quarter[matures > today])
    return ~np.isin(quarter, open_ones)


def effect(
    world: BaseWorld,
    profile: Profile,
    cases: pd.DataFrame,
    calendar: Calendar,
    seed: int,
    draws: int,
) -> dict[str, Any]:
    """Realised sums and theta (per case, minor units) of the closed quarters."""
    is_closed = closed(cases, calendar)
    mix = cases[is_closed & ~cases["performed_before"].to_numpy()]
    fees = int(cases["fee"][is_closed].sum())
    out: dict[str, Any] = {
        "delivered_cases": len(cases),
        "closed_cases": int(is_closed.sum()),
        "effect_cases": len(mix),
        "case_fees": fees,
        "operated": {"without": int(mix["y0"].sum()), "with": int(mix["y1"].sum())},
    }
    theta = _theta(world, profile, mix, seed, draws)
    for perspective, money in (("system", "allowed"), ("payor", "paid")):
        gross = int((mix[f"{money}0"] - mix[f"{money}1"]).sum())
        out[perspective] = {"gross": gross, "net": gross - fees, **theta[money]}
    return out


def _theta(
    world: BaseWorld, profile: Profile, mix: pd.DataFrame, seed: int, draws: int
) -> dict[str, dict[str, float]]:
    """Mean of Y(0) - Y(1) over new draws of the same cases, with its Monte Carlo error."""
    sums = {money: [0.0, 0.0] for money in ("allowed", "paid")}
    done, part = 0, 0
    while len(mix) and done < draws:
        count = min(CHUNK, draws - done)
        rng = np.random.default_rng((seed, 9_001, part))
        again = redraw(world, mix, count, profile.unit, rng)
        complete(world, again)
        care = care_events(world, again, profile.unit, rng)
        add_costs(again, care)
        costs = window_costs(again, care)
        for money, pair in sums.items():
            gap = (costs[f"{money}0"] - costs[f"{money}1"]).to_numpy(dtype=float)
            pair[0] += float(gap.sum())
            pair[1] += float((gap**2).sum())
        done, part = done + count, part + 1
    return {money: _mean(pair, done) for money, pair in sums.items()}


def _mean(pair: list[float], count: int) -> dict[str, float]:
    if not count:
        return {"theta": 0.0, "theta_error": 0.0}
    mean = pair[0] / count
    spread = max(pair[1] / count - mean**2, 0.0)
    return {"theta": round(mean, 2), "theta_error": round((spread / count) ** 0.5, 2)}
