"""Final-action totals of a table of claim lines, by the rules of `simulation.oracle.claims`.

The table has a row per line of a claim version: family, line, version, reversal and void (bool),
original (bool), taken (night index, -1 never), units, allowed, paid, service and procedure (0 for
no code).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True, slots=True)
class Totals:
    """What counts on one night; money in minor units."""

    claims: int
    lines: int
    paid: int
    allowed: int
    has_service: bool
    has_procedure: bool


def totals(table: pd.DataFrame, style: str, night: int) -> Totals:
    """Totals of what that night has taken in."""
    taken = table["taken"].to_numpy()
    known = table[(taken >= 0) & (taken <= night)]
    final = _replaced(known) if style == "replacement" else _netted(known)
    return Totals(
        int(final["family"].nunique()),
        len(final),
        int(final["paid"].sum()),
        int(final["allowed"].sum()),
        bool((final["service"] != 0).any()),
        bool((final["procedure"] != 0).any()),
    )


def _families(known: pd.DataFrame) -> int:
    return int(known["family"].max()) + 1 if len(known) else 0


def _with_original(known: pd.DataFrame) -> npt.NDArray[np.bool_]:
    has = np.zeros(_families(known), dtype=bool)
    has[known["family"].to_numpy()[known["original"].to_numpy()]] = True
    return has


def _replaced(known: pd.DataFrame) -> pd.DataFrame:
    family, version = known["family"].to_numpy(), known["version"].to_numpy()
    top = np.zeros(_families(known), dtype=np.int64)
    np.maximum.at(top, family, version)
    counts = (version == top[family]) & _with_original(known)[family] & ~known["void"].to_numpy()
    return known[counts]


def _netted(known: pd.DataFrame) -> pd.DataFrame:
    family = known["family"].to_numpy()
    several = np.zeros(_families(known), dtype=bool)
    several[family[known["version"].to_numpy() > 1]] = True
    rows = known[several[family] & _with_original(known)[family]]
    sums = rows.groupby(["family", "line"], sort=False, as_index=False).agg(
        units=("units", "sum"),
        allowed=("allowed", "sum"),
        paid=("paid", "sum"),
        reversed=("reversal", "any"),
        forward=("original", "any"),
        service=("service", "max"),
        procedure=("procedure", "max"),
    )
    void = sums["reversed"] & (sums["allowed"] == 0) & (sums["units"] == 0)
    kept = sums[sums["forward"] & ~void]
    return pd.concat([known[~several[family]], kept[[c for c in kept if c in known]]])
