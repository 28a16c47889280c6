"""Completion of what has been incurred, from incurred-by-paid triangles by month.

Chain ladder with volume weights over the last diagonals, Mack's standard errors and
Bornhuetter-Ferguson for young months (Mack 1993; Bornhuetter and Ferguson 1972), computed by the
`chainladder` package, which is imported only when a triangle is large enough: its import takes
seconds. Months are numbered year * 12 + month - 1; lag 0 is the month of service.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Cell:
    """What became known of one incurred month at one lag; claims: how many came with it."""

    incurred: int
    lag: int
    change: Decimal
    claims: int


@dataclass(frozen=True)
class CompletionRule:
    """The frozen choices of the analysis plan; months, shares and counts."""

    diagonals: int
    minimum_months: int
    longest_history: int
    minimum_claims: int
    last_lag: int
    bornhuetter_below: Decimal
    exclude_below: Decimal
    decimals: int


@dataclass(frozen=True)
class Factor:
    """CF(lag): the share known by the end of that lag, its standard error, incurred months used."""

    lag: int
    share: Decimal
    se: Decimal
    months: int


@dataclass(frozen=True)
class CompletedMonth:
    """One incurred month at the valuation; method says how `completed` was reached."""

    incurred: int
    observed: Decimal
    completed: Decimal
    se: Decimal
    method: str


@dataclass(frozen=True)
class _Fit:
    """Cumulative triangle (months x lags, nan where unknown), CF and errors by lag."""

    first: int
    cumulative: np.ndarray
    shares: list[float]
    errors: list[float]
    month_errors: list[float]


def completion_factors(cells: Iterable[Cell], valuation: int, rule: CompletionRule) -> list[Factor]:
    """Factors for lags 0..last_lag; empty where the triangle is too small to say anything.

    valuation: the last complete month. Too small: fewer incurred months or claims than the rule
    asks, a lag by which nothing was known yet, or factors that are not finite.
    """
    fit = _fit(list(cells), valuation, rule)
    if fit is None:
        return []
    months = len(fit.cumulative)
    return [
        Factor(lag, _round(share, rule), _round(error, rule), max(months - lag - 1, 0))
        for lag, (share, error) in enumerate(zip(fit.shares, fit.errors, strict=True))
    ]


def completed_months(
    cells: Iterable[Cell], valuation: int, members: Mapping[int, int], rule: CompletionRule
) -> list[CompletedMonth]:
    """Every incurred month completed: chain ladder, Bornhuetter-Ferguson, or left out.

    members: member months by incurred month, for the prior per member and month. A month whose CF
    is below `exclude_below`, or that needs a prior which cannot be had, is not in the list.
    """
    fit = _fit(list(cells), valuation, rule)
    if fit is None:
        return []
    prior = _prior(fit, valuation, members, rule)
    completed = []
    for row in range(len(fit.cumulative)):
        month = _complete(fit, row, valuation, members, prior, rule)
        if month is not None:
            completed.append(month)
    return completed


def share_at(factors: Sequence[Factor], lag: int) -> Decimal | None:
    """CF at a lag: 1 beyond the last one, None before the service or without factors."""
    if not factors or lag < 0:
        return None
    return factors[lag].share if lag < len(factors) else Decimal(1)


def _complete(
    fit: _Fit,
    row: int,
    valuation: int,
    members: Mapping[int, int],
    prior: tuple[float, float] | None,
    rule: CompletionRule,
) -> CompletedMonth | None:
    incurred = fit.first + row
    lag = min(valuation - incurred, rule.last_lag)
    share, observed = fit.shares[lag], float(fit.cumulative[row, lag])
    if share < float(rule.exclude_below):
        return None
    if share >= float(rule.bornhuetter_below):
        completed, method = observed / share, "chain ladder"
    elif prior is None or not members.get(incurred):
        return None
    else:
        level, trend = prior
        expected = math.exp(level + trend * (incurred - valuation)) * members[incurred]
        completed, method = observed + expected * (1 - share), "Bornhuetter-Ferguson"
    return CompletedMonth(
        incurred,
        _round(observed, rule),
        _round(completed, rule),
        _round(fit.month_errors[row], rule),
        method,
    )


def _fit(cells: Sequence[Cell], valuation: int, rule: CompletionRule) -> _Fit | None:
    import numpy as np

    first = _first_month(cells, valuation, rule)
    months = valuation - first + 1
    used = [c for c in cells if first <= c.incurred and c.incurred + c.lag <= valuation]
    if months < rule.minimum_months or sum(c.claims for c in used) < rule.minimum_claims:
        return None
    lags = min(rule.last_lag, months - 1) + 1
    grown = np.zeros((months, lags))
    for cell in used:
        grown[cell.incurred - first, min(cell.lag, lags - 1)] += float(cell.change)
    cumulative = grown.cumsum(axis=1)
    row, lag = np.indices(cumulative.shape)
    cumulative[row + lag > months - 1] = np.nan
    if (np.nansum(cumulative[:-1], axis=0)[:-1] <= 0).any():
        return None
    return _mack(first, cumulative, rule)


def _first_month(cells: Sequence[Cell], valuation: int, rule: CompletionRule) -> int:
    """No month that began before anything was paid: its early lags would be missing."""
    known = [c.incurred + c.lag for c in cells]
    return max(min(known, default=valuation + 1), valuation - rule.longest_history + 1)


def _mack(first: int, cumulative: np.ndarray, rule: CompletionRule) -> _Fit | None:
    fitted = mack(cumulative, first, rule.diagonals)
    ratios, ratio_errors = fitted.ratios, fitted.ratio_errors
    shares, errors, product, relative = [1.0], [0.0], 1.0, 0.0
    for ratio, error in zip(reversed(ratios), reversed(ratio_errors), strict=True):
        if not (math.isfinite(ratio) and ratio > 0):
            return None
        product *= ratio
        relative += (error / ratio) ** 2
        # rounded, so that a share on a threshold of the plan is on it
        shares.append(round(1 / product, 12))
        errors.append(math.sqrt(relative) / product)
    return _Fit(first, cumulative, shares[::-1], errors[::-1], fitted.month_errors)


@dataclass(frozen=True)
class MackFit:
    """Age-to-age factors with their errors; prediction errors of the months and of their sum."""

    ratios: list[float]
    ratio_errors: list[float]
    month_errors: list[float]
    total_error: float


def mack(cumulative: np.ndarray, first: int, diagonals: int) -> MackFit:
    """Mack's model of a cumulative triangle (nan where unknown).

    Ratios, sigmas and errors are those of `chainladder`; its own prediction errors are lost
    where a late lag has no variance at all, as the months of claims do.
    """
    import chainladder as cl
    import numpy as np

    period = diagonals if diagonals < len(cumulative) else -1
    # a lag at which nothing ever changes has no variance: its 0 / 0 is an error of 0
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")
        fitted = cl.Development(average="volume", n_periods=period, sigma_interpolation="mack").fit(
            _triangle(cl, cumulative, first)
        )
    ratios, sigmas, errors = (
        np.nan_to_num(found.values[0, 0, 0, : cumulative.shape[1] - 1])
        for found in (fitted.ldf_, fitted.sigma_, fitted.std_err_)
    )
    months, total = _prediction_errors(cumulative, ratios, sigmas, errors)
    return MackFit(ratios.tolist(), errors.tolist(), months, total)


def _prediction_errors(
    cumulative: np.ndarray, ratios: np.ndarray, sigmas: np.ndarray, errors: np.ndarray
) -> tuple[list[float], float]:
    """Root mean squared error of each month's completed amount, and of all of them together.

    Mack's recursion over the lags still to come: the process of the month itself, and the
    estimation error of the ratios, which the months share.
    """
    import numpy as np

    totals: list[float] = []
    variances: list[float] = []
    shared: list[np.ndarray] = []
    relative = np.divide(errors, ratios, out=np.zeros_like(errors), where=ratios > 0) ** 2
    for row in cumulative:
        reached = int(np.count_nonzero(~np.isnan(row))) - 1
        value, process, ahead = float(row[reached]), 0.0, np.zeros_like(relative)
        for lag in range(reached, len(ratios)):
            if value > 0 and ratios[lag] > 0:
                process += (sigmas[lag] / ratios[lag]) ** 2 / value
            ahead[lag] = relative[lag]
            value *= float(ratios[lag])
        totals.append(value)
        shared.append(ahead)
        variances.append(value**2 * (process + float(ahead.sum())))
    together = sum(variances)
    for one in range(len(totals)):
        younger = sum(totals[one + 1 :])
        together += 2 * totals[one] * younger * float(shared[one].sum())
    return [math.sqrt(variance) for variance in variances], math.sqrt(together)


def _triangle(cl: Any, cumulative: np.ndarray, first: int) -> Any:
    import numpy as np
    import pandas as pd

    rows, lags = np.nonzero(~np.isnan(cumulative))
    frame = pd.DataFrame(
        {
            "incurred": [_month_start(first + int(row)) for row in rows],
            "known": [
                _month_start(first + int(row) + int(lag))
                for row, lag in zip(rows, lags, strict=True)
            ],
            "value": cumulative[rows, lags],
        }
    )
    return cl.Triangle(
        frame, origin="incurred", development="known", columns="value", cumulative=True
    )


def _month_start(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}-01"


def _prior(
    fit: _Fit, valuation: int, members: Mapping[int, int], rule: CompletionRule
) -> tuple[float, float] | None:
    """Log level at the valuation and monthly trend of the completed amount per member month.

    Least squares over the months that need no prior; None with fewer than twelve of them.
    """
    points = []
    for row in range(len(fit.cumulative)):
        incurred = fit.first + row
        lag = min(valuation - incurred, rule.last_lag)
        share, observed = fit.shares[lag], float(fit.cumulative[row, lag])
        if share >= float(rule.bornhuetter_below) and observed > 0 and members.get(incurred):
            completed = observed / share / members[incurred]
            points.append((incurred - valuation, math.log(completed)))
    if len(points) < 12:
        return None
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    trend = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return mean_y - trend * mean_x, trend


def _round(value: float, rule: CompletionRule) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-rule.decimals))
