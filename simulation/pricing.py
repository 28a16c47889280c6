"""Amounts in cents: allowed by a lognormal draw, the member's share, the provider's charge."""

from __future__ import annotations

import math

import numpy as np

_MEMBER_SHARE = 0.12
_CHARGE_FACTOR = 1.7


def allowed_cents(mean: float, variation: float, factor: float, rng: np.random.Generator) -> int:
    """One lognormal amount with that mean and coefficient of variation, in cents."""
    return int(many_allowed_cents(mean, variation, factor, 1, rng)[0])


def many_allowed_cents(
    mean: float, variation: float, factor: float, size: int, rng: np.random.Generator
) -> np.ndarray:
    """`size` such amounts, shape (size,), integer cents, at least one cent."""
    sigma = math.sqrt(math.log1p(variation**2))
    mu = math.log(mean * factor * 100) - sigma**2 / 2
    return np.maximum(1, rng.lognormal(mu, sigma, size)).astype(np.int64)


def paid_cents(allowed: int, large: bool) -> int:
    """What the plan pays: the member bears less of large bills."""
    share = _MEMBER_SHARE / 3 if large else _MEMBER_SHARE
    return allowed - int(allowed * share)


def charge_cents(allowed: int) -> int:
    """What the provider asks."""
    return int(allowed * _CHARGE_FACTOR)


def split_cents(total: int, shares: tuple[float, ...]) -> list[int]:
    """Split without losing a cent; the first part takes the rest."""
    parts = [int(total * share) for share in shares[1:]]
    return [total - sum(parts), *parts]
