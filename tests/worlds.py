"""Simulated worlds shared by tests: one small world, and the nights run over it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.settings import Settings
from simulation import simulate

MEMBERS = 1000
NIGHTS = 4
SEED = 20260701


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of three payors and four nights, with its truth beside it."""
    out = tmp_path_factory.mktemp("worlds") / "small"
    simulate(out, payors=3, members=MEMBERS, nights=NIGHTS, seed=SEED)
    return out


def deliver(settings: Settings, world: Path, night: str, payor: str) -> int:
    """Copy one payor's files of one night into landing; returns how many."""
    count = 0
    for source in sorted((world / "nights" / night / payor).rglob("*")):
        if source.is_file():
            target = settings.landing / payor / source.parent.name / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            count += 1
    return count
