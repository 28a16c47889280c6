"""A small enriched world for the rivals, and the rounds of the contests played once."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from simulation.base_world import B
from simulation.history import History, build_history
from simulation.rivals.measure import Round, load, play
from simulation.rivals.plan import CONTESTS, profile

SOAK = bool(os.environ.get("SOAK"))
SEEDS = 50 if SOAK else 12
HARMLESS_SEEDS = 20 if SOAK else 3


@pytest.fixture(scope="session")
def small() -> History:
    """3,000 members, most of them triggered."""
    return build_history(replace(B, triggered_share=0.9), profile(), seed=3, members=3_000)


@pytest.fixture(scope="session")
def rounds() -> dict[tuple[str, bool], list[Round]]:
    """Rounds by (scenario, harmless), in the order of seeds; two processes."""
    wanted: list[tuple[str, bool, int]] = []
    for name, contest in CONTESTS.items():
        wanted += [(name, False, seed) for seed in range(SEEDS)]
        wanted += [(name, True, seed) for seed in range(HARMLESS_SEEDS) if contest.harmless]
    played: dict[tuple[str, bool], list[Round]] = {}
    with ProcessPoolExecutor(2) as pool:
        for (name, harmless, _), one in zip(
            wanted, pool.map(_play, wanted, chunksize=8), strict=True
        ):
            played.setdefault((name, harmless), []).append(one)
    return played


def _play(job: tuple[str, bool, int]) -> Round:
    name, harmless, seed = job
    return play(name, seed, harmless)


@pytest.fixture(scope="session")
def kept() -> dict[str, Any]:
    """What `simulation.rivals.measure` measured over 50 seeds."""
    return load()
