"""Care that belongs to a trigger, as dated events with an amount, in either course."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.families import FAMILIES
from simulation.population import Floats
from simulation.potential import family_numbers
from simulation.timeline import DAYS_A_MONTH, NEVER

COMPONENTS = ("procedure", "alternative", "substitute", "induced", "emergency")
TAIL_DAYS = 90
VISITS_A_MONTH = 0.42
_INJECTION_SHARE = 0.2  # of the mean cost of alternatives
_SUBSTITUTE_COST = 0.3  # of the expected cost of the operation
_ALTERNATIVE = np.array([f.alternative_cost for f in FAMILIES])


def care_events(
    world: BaseWorld, triggers: pd.DataFrame, unit: float, rng: np.random.Generator
) -> pd.DataFrame:
    """All events, ordered by trigger and day (see `History.care`)."""
    parts = [
        _operations(triggers),
        _visits(world, triggers, unit, rng),
        _injections(world, triggers, unit, rng),
        _substitutes(world, triggers, rng),
        _induced(world, triggers, rng),
        _emergencies(world, triggers, rng),
    ]
    care = pd.concat([part for part in parts if len(part)], ignore_index=True)
    care = _alive(triggers, care)
    return care.sort_values(["trigger", "day", "kind"], kind="stable", ignore_index=True)


def _frame(
    trigger: npt.NDArray[np.int64],
    day: npt.ArrayLike,
    component: str,
    kind: str,
    amount: npt.ArrayLike,
    in0: npt.ArrayLike,
    in1: npt.ArrayLike,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trigger": trigger,
            "day": np.asarray(day, dtype=np.int64),
            "component": component,
            "kind": kind,
            "amount": np.maximum(np.round(np.asarray(amount)).astype(np.int64), 1),
            "in0": np.asarray(in0, dtype=bool),
            "in1": np.asarray(in1, dtype=bool),
        }
    )


def _alive(triggers: pd.DataFrame, care: pd.DataFrame) -> pd.DataFrame:
    """Cut each course at its death; drop what happens in neither."""
    at = care["trigger"].to_numpy()
    for course in ("0", "1"):
        care[f"in{course}"] &= (
            care["day"].to_numpy() <= triggers[f"death{course}_day"].to_numpy()[at]
        )
    return care[care["in0"] | care["in1"]]


def _operations(triggers: pd.DataFrame) -> pd.DataFrame:
    """The operation on its day in either course: one row when the days are the same."""
    rows = np.arange(len(triggers))
    first, second = triggers["y0_day"].to_numpy(), triggers["y1_day"].to_numpy()
    amount = triggers["episode_cost"].to_numpy()
    same = first == second
    zero, one = first != NEVER, (second != NEVER) & ~same
    return pd.concat(
        [
            _frame(
                rows[zero],
                first[zero],
                "procedure",
                "operation",
                amount[zero],
                True & zero[zero],
                same[zero],
            ),
            _frame(
                rows[one], second[one], "procedure", "operation", amount[one], ~one[one], one[one]
            ),
        ]
    )


def _span_months(triggers: pd.DataFrame) -> npt.NDArray[np.int64]:
    days = triggers["defer_end_day"] + TAIL_DAYS - triggers["trigger_day"]
    return np.asarray(np.ceil(days / DAYS_A_MONTH), dtype=np.int64)


def _visits(
    world: BaseWorld, triggers: pd.DataFrame, unit: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Conservative care over the whole window; rarer after the operation of the course."""
    months = _span_months(triggers)
    number = rng.poisson(VISITS_A_MONTH * months)
    at = np.repeat(np.arange(len(triggers)), number)
    start = triggers["trigger_day"].to_numpy()[at]
    day = start + np.floor(rng.random(len(at)) * months[at] * DAYS_A_MONTH).astype(np.int64)
    kept = rng.random(len(at)) < world.alternative_after_operation
    need = _gamma_like(world.alternative_cv, len(triggers), rng)
    mean = _ALTERNATIVE[family_numbers(triggers["family"])] * unit / (VISITS_A_MONTH * months)
    amount = (mean * need)[at] * _gamma_like(0.6, len(at), rng)
    return _frame(
        at, day, "alternative", "visit", amount,
        _without(triggers, at, day, "0") | kept, _without(triggers, at, day, "1") | kept,
    )  # fmt: skip


def _without(
    triggers: pd.DataFrame, at: npt.NDArray[np.int64], day: npt.NDArray[np.int64], course: str
) -> npt.NDArray[np.bool_]:
    """Not yet operated on that day."""
    operated = triggers[f"y{course}_day"].to_numpy()[at]
    return np.asarray((operated == NEVER) | (day < operated))


def _gamma_like(variation: float, count: int, rng: np.random.Generator) -> Floats:
    """Lognormal with mean one and that coefficient of variation."""
    sigma2 = np.log1p(variation**2)
    return np.asarray(np.exp(rng.normal(-sigma2 / 2, np.sqrt(sigma2), count)))


def _uniform_day(triggers: pd.DataFrame, share: Floats) -> npt.NDArray[np.int64]:
    """A day between the opinion and the end of the window."""
    length = (triggers["window_end_day"] - triggers["t0_day"]).to_numpy()
    return np.asarray(triggers["t0_day"].to_numpy() + 5 + np.floor(share * (length - 10)), int)


def _injections(
    world: BaseWorld, triggers: pd.DataFrame, unit: float, rng: np.random.Generator
) -> pd.DataFrame:
    count = len(triggers)
    rows = np.arange(count)
    some = rng.random(count) < world.injections
    day = _uniform_day(triggers, rng.random(count))
    mean = _ALTERNATIVE[family_numbers(triggers["family"])] * unit * _INJECTION_SHARE
    amount = mean * _gamma_like(world.alternative_cv, count, rng)
    in0, in1 = (_without(triggers, rows, day, course) for course in ("0", "1"))
    return _frame(
        rows[some], day[some], "alternative", "injection", amount[some], in0[some], in1[some]
    )


def _substitutes(
    world: BaseWorld, triggers: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Another procedure instead, in courses without the operation."""
    count = len(triggers)
    rows = np.arange(count)
    some = rng.random(count) < world.substitute
    day = _uniform_day(triggers, rng.random(count))
    amount = triggers["expected_cost"].to_numpy() * _SUBSTITUTE_COST
    amount = amount * _gamma_like(0.5, count, rng)
    in0, in1 = ~triggers["y0"].to_numpy(), ~triggers["y1"].to_numpy()
    return _frame(
        rows[some], day[some], "substitute", "substitute", amount[some], in0[some], in1[some]
    )


def _induced(world: BaseWorld, triggers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Care the opinion adds, and the same kind of care that comes anyway in both courses."""
    count = len(triggers)
    rows = np.arange(count)
    chance = rng.random(count)
    anyway = chance < world.induced_background
    added = 0.0 if world.null_effect else world.induced
    some = chance < world.induced_background + added
    day = _uniform_day(triggers, rng.random(count))
    amount = triggers["expected_cost"].to_numpy() * world.induced_cost
    amount = amount * _gamma_like(0.5, count, rng)
    return _frame(
        rows[some], day[some], "induced", "induced", amount[some], anyway[some], some[some]
    )


def _emergencies(
    world: BaseWorld, triggers: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Emergency visits; more in the course with an opinion after advice against (harm)."""
    years = (triggers["window_end_day"] - triggers["t0_day"]).to_numpy() / 365.25
    factor = np.where(triggers["position"] == "against", world.harm_emergency, 1.0)
    top = max(1.0, world.harm_emergency)
    number = rng.poisson(world.emergency_year * years * top)
    at = np.repeat(np.arange(len(triggers)), number)
    level = rng.random(len(at)) * top
    share = rng.random(len(at))
    day = _uniform_day(triggers.iloc[at], share)
    amount = triggers["expected_cost"].to_numpy()[at] * world.emergency_cost
    amount = amount * _gamma_like(0.6, len(at), rng)
    needed = triggers["needed"].to_numpy()[at] & ~triggers["y1"].to_numpy()[at]
    in1 = (level < factor[at]) | needed
    return _frame(at, day, "emergency", "emergency", amount, level < 1.0, in1)


def add_costs(triggers: pd.DataFrame, care: pd.DataFrame) -> None:
    """Costs of the window [t0, defer_end_day + 90 days] in either course, and as realised."""
    at = care["trigger"].to_numpy()
    day = care["day"].to_numpy()
    first = triggers["t0_day"].to_numpy()[at]
    last = triggers["defer_end_day"].to_numpy()[at] + TAIL_DAYS
    inside = (day >= first) & (day <= last)
    for course in ("0", "1"):
        for component in COMPONENTS:
            chosen = (care["component"].to_numpy() == component) & inside
            chosen &= care[f"in{course}"].to_numpy()
            sums = np.zeros(len(triggers), dtype=np.int64)
            np.add.at(sums, at[chosen], care["amount"].to_numpy()[chosen])
            triggers[f"cost{course}_{component}"] = sums
        names = [f"cost{course}_{component}" for component in COMPONENTS]
        triggers[f"cost{course}"] = triggers[names].sum(axis=1)
    triggers["cost"] = np.where(triggers["treated"], triggers["cost1"], triggers["cost0"])
