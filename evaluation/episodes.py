"""Prices of episodes: winsorising, credibility, index and currency, each step kept apart.

Every amount is a `Decimal` in one currency. Percentiles interpolate linearly between order
statistics. Credibility is that of a severity mean: the full standard is 1,082 CV^2 episodes
(1.645 / 0.05 squared: within 5 % of the truth in 90 % of samples), and partial credibility the
square root of the share of it that there is.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.ledger import round_minor

ZERO = Decimal(0)
ONE = Decimal(1)
FULL_STANDARD = Decimal(1082)


@dataclass(frozen=True)
class Bounds:
    """Frozen winsor bounds of one family and price year, and how many episodes they rest on."""

    low: Decimal
    high: Decimal
    episodes: int


@dataclass(frozen=True)
class Sample:
    """Number, mean and coefficient of variation of a set of costs; cv is None below two."""

    n: int
    mean: Decimal
    cv: Decimal | None

    @property
    def se(self) -> Decimal | None:
        """Standard error of the mean."""
        return None if self.cv is None else self.cv * abs(self.mean) / Decimal(self.n).sqrt()


@dataclass(frozen=True)
class AdjustedCost:
    """O and its parts: `observed` re-adds to claim lines, the rest says what was done to it."""

    observed: Decimal
    winsor_adj: Decimal
    completion_adj: Decimal
    price_adj: Decimal
    fx_adj: Decimal

    @property
    def total(self) -> Decimal:
        """O: the sum of the parts, exact."""
        adjustments = self.winsor_adj + self.completion_adj + self.price_adj + self.fx_adj
        return self.observed + adjustments


def percentile(values: Sequence[Decimal], share: Decimal) -> Decimal:
    """Linear interpolation between order statistics, as percentile_cont does; not empty."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def winsor_bounds(costs: Sequence[Decimal], tail: Decimal, minimum: int) -> Bounds | None:
    """The tail and 1 - tail percentile of all arms together; None below `minimum` episodes."""
    if len(costs) < minimum:
        return None
    return Bounds(percentile(costs, tail), percentile(costs, ONE - tail), len(costs))


def winsorise(cost: Decimal, bounds: Bounds | None) -> Decimal:
    """The cost drawn to the nearer bound; unchanged without bounds."""
    if bounds is None:
        return cost
    return min(max(cost, bounds.low), bounds.high)


def sample(costs: Sequence[Decimal]) -> Sample:
    """Describe a set of costs; raises ValueError for an empty one."""
    if not costs:
        raise ValueError("no costs")
    n = len(costs)
    mean = sum(costs, ZERO) / n
    if n < 2 or mean == 0:
        return Sample(n, mean, None)
    variance = sum(((cost - mean) ** 2 for cost in costs), ZERO) / (n - 1)
    return Sample(n, mean, variance.sqrt() / abs(mean))


def credibility(n: int, cv: Decimal | None) -> Decimal:
    """Z = min(1, sqrt(n / (1,082 CV^2))); 0 where the spread is not known."""
    if cv is None or n <= 0:
        return ZERO
    full = FULL_STANDARD * cv * cv
    return ONE if full <= n else (n / full).sqrt()


def credible_mean(cell: Sample, complement: Decimal, spread: Decimal | None = None) -> Decimal:
    """Z times the cell's mean plus (1 - Z) times the complement's, always, at any n.

    spread: the coefficient of variation to judge by, else the cell's own.
    """
    z = credibility(cell.n, cell.cv if spread is None else spread)
    return z * cell.mean + (ONE - z) * complement


def is_shown(n: int, minimum: int) -> bool:
    """Whether a cell of n episodes may be printed; a smaller one only enters larger figures."""
    return n >= minimum


def adjust(
    lines: Sequence[Decimal],
    bounds: Bounds | None = None,
    completion: Decimal = ONE,
    price_index: Decimal = ONE,
    fx_rate: Decimal = ONE,
    minor_units: int = 2,
) -> AdjustedCost:
    """Winsorise, complete, bring to the price year, convert: in this order, each step rounded once.

    completion: share of the amount known by now, in (0, 1]. price_index: index of the price year
    over that of the service, in the country of the service. fx_rate: reporting currency per unit at
    purchasing power, applied last. minor_units: of the currency that the parts are kept in.
    Raises ValueError for a completion that is not positive.
    """
    if completion <= 0:
        raise ValueError("completion must be positive")
    observed = sum(lines, ZERO)
    steps = [observed]
    for factor in (None, ONE / completion, price_index, fx_rate):
        base = winsorise(steps[-1], bounds) if factor is None else steps[-1] * factor
        is_change = base != steps[-1]
        steps.append(round_minor(base, minor_units) if is_change else steps[-1])
    return AdjustedCost(observed, *(after - before for before, after in itertools.pairwise(steps)))
