"""Wilson score interval: the reference for the SQL macro of the same name."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054


def wilson(numerator: int, denominator: int, z: float = Z_95) -> tuple[float, float] | None:
    """Lower and upper bound of a share, in [0, 1]; None without observations."""
    if denominator == 0:
        return None
    share = numerator / denominator
    scale = 1 + z * z / denominator
    centre = (share + z * z / (2 * denominator)) / scale
    spread = share * (1 - share) / denominator + z * z / (4 * denominator * denominator)
    half = z * sqrt(spread) / scale
    return max(0.0, centre - half), min(1.0, centre + half)
