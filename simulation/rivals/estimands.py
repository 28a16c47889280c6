"""What is estimated: which cases, and which difference of their two courses.

An estimand is a population (a function of the history) and a value per case (a function of the
potential outcomes). The truth of a scenario is the mean of the value over the population of that
scenario's world: `theta`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.history import History
from simulation.rivals.cases import Floats, closed, operated_within
from simulation.rivals.naive import AGAINST, recent_users, users
from simulation.rivals.panels import wanting


@dataclass(frozen=True, slots=True)
class Estimand:
    """`cases` chooses the population, `values` gives one value per case; `unit` is for readers."""

    name: str
    unit: str
    cases: Callable[[History], pd.DataFrame]
    values: Callable[[pd.DataFrame], Floats]


def _closed_users(history: History) -> pd.DataFrame:
    return users(closed(history))


def _closed_users_late(history: History) -> pd.DataFrame:
    return users(closed(history, extra_months=12))


def _advised_against(history: History) -> pd.DataFrame:
    cases = _closed_users(history)
    return cases[cases["position"].isin(AGAINST)].reset_index(drop=True)


def _advised_against_late(history: History) -> pd.DataFrame:
    cases = _closed_users_late(history)
    return cases[cases["position"].isin(AGAINST)].reset_index(drop=True)


def _wanting_users(history: History) -> pd.DataFrame:
    return users(wanting(history))


def _gross(cases: pd.DataFrame) -> Floats:
    return (cases["cost0"] - cases["cost1"]).to_numpy(dtype=float)


def _net(cases: pd.DataFrame) -> Floats:
    return _gross(cases) - cases["fee"].to_numpy()


def _avoided(cases: pd.DataFrame) -> Floats:
    return operated_within(cases, "0") - operated_within(cases, "1")


def _avoided_late(cases: pd.DataFrame) -> Floats:
    return operated_within(cases, "0", 12) - operated_within(cases, "1", 12)


def _not_performed(cases: pd.DataFrame) -> Floats:
    return 1.0 - operated_within(cases, "1")


def _operated_without(cases: pd.DataFrame) -> Floats:
    return operated_within(cases, "0")


def _cost(cases: pd.DataFrame) -> Floats:
    return cases["cost1"].to_numpy(dtype=float)


def _nothing(cases: pd.DataFrame) -> Floats:
    """An opinion does not touch other care: the difference of the courses is zero."""
    return np.zeros(len(cases))


MONEY, SHARE = "money", "share"
GROSS = Estimand("gross saving per case", MONEY, _closed_users, _gross)
NET = Estimand("net saving per case", MONEY, _closed_users, _net)
AVOIDED = Estimand("operations avoided within W", SHARE, _closed_users, _avoided)
AVOIDED_LATE = Estimand(
    "avoided where advised against, W + 12", SHARE, _advised_against_late, _avoided_late
)
AVOIDED_AGAINST = Estimand("avoided where advised against", SHARE, _advised_against, _avoided)
AVOIDED_WANTING = Estimand("avoided where offered", SHARE, _wanting_users, _avoided)
NOT_PERFORMED = Estimand("not performed within W", SHARE, _closed_users, _not_performed)
NOT_PERFORMED_RECENT = Estimand(
    "not performed, latest six months", SHARE, recent_users, _not_performed
)
OPERATED_WITHOUT = Estimand("operated without an opinion", SHARE, closed, _operated_without)
COST = Estimand("cost of a user's window", MONEY, _closed_users, _cost)
OTHER_COST = Estimand("other cost saved, log points", SHARE, _closed_users, _nothing)
