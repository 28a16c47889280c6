"""Simulated worlds shared by tests: one small world, and the nights run over it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.settings import ROOT, Settings
from simulation import simulate
from warehouse import migrate, payor, server

MEMBERS = 1000
NIGHTS = 4
SEED = 20260701


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of three payors and four nights, with its truth beside it."""
    out = tmp_path_factory.mktemp("worlds") / "small"
    simulate(out, payors=3, members=MEMBERS, nights=NIGHTS, seed=SEED)
    return out


def deliver(settings: Settings, world: Path, night: str, who: str) -> int:
    """Copy one payor's files of one night into landing; returns how many."""
    count = 0
    for source in sorted((world / "nights" / night / who).rglob("*")):
        if source.is_file():
            target = settings.landing / who / source.parent.name / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            count += 1
    return count


@contextmanager
def installation(home: Path, world: Path, who: str) -> Iterator[Settings]:
    """A warehouse of its own with one payor of the world, whatever other tests did; deleted."""
    settings = Settings(root=ROOT, home=home)
    try:
        migrate.init(settings)
        payor.add(settings, world / "payors" / f"{who}.yml")
        yield settings
    finally:
        server.destroy(settings)
