"""The default world, written once, and what its files say when read back."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulation import WorldSummary, simulate

PAYORS = ("northlake", "rheinland", "hokkai")


@dataclass(frozen=True)
class World:
    """A written world and its truth."""

    out: Path
    summary: WorldSummary
    truth: dict[str, Any]

    def night(self, payor: str, index: int) -> dict[str, Any]:
        payors = self.truth["payors"]
        found: dict[str, Any] = payors[payor]["nights"][self.truth["nights"][index]]
        return found

    def statuses(self, payor: str, index: int) -> list[str]:
        rows = self.night(payor, index)["procedures"].values()
        return [row["status"] for case in rows for row in case]


@pytest.fixture(scope="session")
def default_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    out = tmp_path_factory.mktemp("simulation") / "world"
    summary = simulate(out)
    return World(out, summary, json.loads((out / "truth.json").read_text()))


def read_rows(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    """(data rows by column name, trailer) of a canonical file; rows of a wrong width left out."""
    compressed = path.name.endswith(".gz")
    with gzip.open(path, "rt") if compressed else path.open() as stream:
        lines = list(csv.reader(stream, delimiter="|" if compressed else ","))
    header, trailer = lines[0], lines[-1]
    rows = [
        dict(zip(header, line, strict=True)) for line in lines[1:-1] if len(line) == len(header)
    ]
    return rows, trailer
