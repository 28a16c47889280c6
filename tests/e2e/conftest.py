"""The whole history of a small world, run once, night by night, for every payor."""

from __future__ import annotations

import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline import night
from pipeline.settings import Settings
from tests.e2e.published import Published, published
from tests.worlds import deliver
from warehouse import payor

PAYORS = ("northlake", "rheinland", "hokkai")


@dataclass(frozen=True)
class History:
    """The truth of a world and what was published each night."""

    settings: Settings
    world: Path
    truth: dict[str, Any]
    nights: list[str]
    published: dict[tuple[str, str], Published]

    def expected(self, who: str, date: str) -> dict[str, Any]:
        found: dict[str, Any] = self.truth["payors"][who]["nights"][date]
        return found


def _run(settings: Settings, world: Path, who: str, nights: list[str]) -> dict[str, Published]:
    payor.add(settings, world / "payors" / f"{who}.yml")
    result = {}
    for date in nights:
        deliver(settings, world, date, who)
        for _ in night.run_night(settings, who, datetime.date.fromisoformat(date)):
            pass
        result[date] = published(settings, who)
    return result


@pytest.fixture(scope="session")
def history(settings: Settings, small_world: Path) -> History:
    truth = json.loads((small_world / "truth.json").read_text())
    nights: list[str] = truth["nights"]
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = {who: pool.submit(_run, settings, small_world, who, nights) for who in PAYORS}
    seen = {(who, date): p for who, run in runs.items() for date, p in run.result().items()}
    return History(settings, small_world, truth, nights, seen)
