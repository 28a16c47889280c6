"""What several figures share: the history they are drawn from, and ticks."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from simulation.base_world import BaseWorld
from simulation.figures.svg import signed
from simulation.history import History, build_history
from simulation.rivals.plan import profile

SEED, MEMBERS = 1, 30_000


@lru_cache(maxsize=4)
def world_history(world: BaseWorld) -> History:
    """The history a figure is drawn from."""
    return build_history(replace(world, triggered_share=0.9), profile(), SEED, members=MEMBERS)


def percent(*shares: float) -> list[tuple[float, str]]:
    """Ticks of shares."""
    return [(share, f"{share * 100:.0f} %") for share in shares]


def ticks(*values: float) -> list[tuple[float, str]]:
    """Ticks of plain numbers."""
    return [(value, signed(value)) for value in values]
