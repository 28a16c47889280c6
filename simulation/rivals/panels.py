"""Naive competitors on panels: before against after, differences, two-way fixed effects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.history import History
from simulation.rivals.cases import Floats, at_risk, log_cost_change, operated_within
from simulation.rivals.estimate import Estimate, clustered, difference, mean
from simulation.timeline import month_of

RUN_UP = (-6, -1)
BASELINE = (-18, -7)
AFTER = (1, 12)


def observed(history: History) -> pd.DataFrame:
    """Those at risk whose baseline and follow-up months lie within the world."""
    frame = at_risk(history)
    start = month_of(frame["t0_day"])
    inside = (start + BASELINE[0] >= 0) & (start + AFTER[1] < history.world.months)
    return frame[inside].reset_index(drop=True)


def changes(history: History, before: tuple[int, int]) -> pd.DataFrame:
    """Observed cases with `change`: mean log other cost of months 1..12 less the span before."""
    frame = observed(history)
    frame["change"] = log_cost_change(history, frame, before, AFTER)
    return frame.dropna(subset=["change"]).reset_index(drop=True)


def pre_post(history: History) -> Estimate:
    """Other cost saved by users, log points: months -6..-1 minus months 1..12.

    Practice 10: the trigger comes when cost is high, and what is high falls by itself. The
    operation itself is left out.
    """
    frame = changes(history, RUN_UP)
    frame = frame[frame["user"]]
    return mean(-frame["change"], frame["employer"])


def plain_difference_in_differences(history: History) -> Estimate:
    """Change of triggered non-users minus change of users, months -18..-7 to 1..12.

    The run-up is left out, as it should be; that the groups would have moved in parallel is
    taken for granted (Roth 2022; Rambachan and Roth 2023).
    """
    frame = changes(history, BASELINE)
    return difference(-frame["change"], frame["user"], frame["employer"])


def wanting(history: History) -> pd.DataFrame:
    """Those at risk who use the opinion as soon as they can, of employers that get access."""
    frame = at_risk(history)
    return frame[frame["wants"] & frame["access"]].reset_index(drop=True)


def two_way_fixed_effects(history: History) -> Estimate:
    """Operations avoided by the opinion: effects of employer and month, one coefficient.

    Outcome: operated within the window, less the course without an opinion, so that the trends
    are parallel exactly and only the weights can be wrong. Employers that have the programme
    serve as comparators of those that get it later, and effects that grow are subtracted
    (Goodman-Bacon 2021; de Chaisemartin and D'Haultfoeuille 2020).
    """
    frame = wanting(history)
    outcome = operated_within(frame, "realised") - operated_within(frame, "0")
    treated = frame["has_access"].to_numpy(dtype=float)
    month = frame["trigger_month"].to_numpy()
    design = np.column_stack([treated, month[:, None] == np.unique(month)[1:]])
    products, size = _within_employer(design, outcome, frame["employer"].to_numpy())
    return clustered(products, _first_coefficient, size, len(frame))


def _within_employer(design: Floats, outcome: Floats, employer: Floats) -> tuple[Floats, Floats]:
    """Cross products of the employer-demeaned columns, shape (employers, k + 1, k + 1)."""
    data = np.column_stack([design, outcome])
    products, size = [], []
    for code in np.unique(employer):
        block = data[employer == code]
        block = block - block.mean(axis=0)
        products.append(block.T @ block)
        size.append(len(block))
    return np.array(products), np.array(size, dtype=float)


def _first_coefficient(products: Floats) -> Floats:
    """Least squares coefficient of the first column, sign turned (operations avoided)."""
    left, right = products[..., :-1, :-1], products[..., :-1, -1:]
    ridge = 1e-9 * np.eye(left.shape[-1])
    return np.asarray(-np.linalg.solve(left + ridge, right)[..., 0, 0])
