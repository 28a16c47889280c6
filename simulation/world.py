"""The whole world: payor by payor and block by block, so that memory stays flat."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from simulation.block import Place, build
from simulation.delivery import Delivery, FileOutcome
from simulation.parameters import BLOCK_MEMBERS, Rates, WorldSize, calendar_for
from simulation.payor_files import write_payor
from simulation.profiles import Profile, profile
from simulation.truth import Truth, write_truth

# (payor, members done, members in all)
Progress = Callable[[str, int, int], None]
_PARTS = ("payors", "nights", "truth.json")


class OutputInUse(Exception):
    """The folder holds something that is not an earlier world; `path` names it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not empty and holds no earlier world")
        self.path = path


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What was written. Counts are over all payors; `size` is bytes of files."""

    out: Path
    seed: int
    payors: tuple[str, ...]
    nights: tuple[date, ...]
    members: int
    consultations: int
    files: int
    claim_lines: int
    size: int


@dataclass(frozen=True, slots=True)
class _PayorResult:
    answers: dict[str, object]
    files: dict[int, dict[str, FileOutcome]]
    consultations: int
    claim_lines: int


def simulate(
    out: Path,
    payors: int = 2,
    members: int = 2500,
    nights: int = 4,
    seed: int = 20260701,
    progress: Progress | None = None,
) -> WorldSummary:
    """Write a world below `out`: payors/, nights/ and truth.json (an earlier world is replaced).

    `members` is per payor. Raises WorldTooSmall or OutputInUse.
    """
    size = WorldSize(payors, members, nights, seed)
    _prepare(out)
    profiles = [profile(number) for number in range(size.payors)]
    results = [
        _simulate_payor(out, number, one, size, progress) for number, one in enumerate(profiles)
    ]
    days = calendar_for(size.nights, frozenset()).nights
    write_truth(
        out / "truth.json",
        {
            "seed": size.seed,
            "nights": [day.isoformat() for day in days],
            "payors": {p.payor: r.answers for p, r in zip(profiles, results, strict=True)},
        },
    )
    written = [path for path in (out / "nights").rglob("*") if path.is_file()]
    return WorldSummary(
        out=out,
        seed=size.seed,
        payors=tuple(p.payor for p in profiles),
        nights=days,
        members=size.members * size.payors,
        consultations=sum(r.consultations for r in results),
        files=len(written),
        claim_lines=sum(r.claim_lines for r in results),
        size=sum(path.stat().st_size for path in written),
    )


def _simulate_payor(
    out: Path, number: int, one: Profile, size: WorldSize, progress: Progress | None
) -> _PayorResult:
    calendar = calendar_for(size.nights, one.accidents.quiet)
    write_payor(out / "payors", one)
    delivery, truth = Delivery(out, one, calendar), Truth(one, calendar)
    cases = consultations = lines = 0
    for index, first in enumerate(range(0, size.members, BLOCK_MEMBERS)):
        count = min(BLOCK_MEMBERS, size.members - first)
        block = build(Place(size.seed, number, index, first, count, cases), one, calendar, Rates())
        delivery.send(block.records, block.people)
        truth.add(block.records)
        cases += block.cases
        consultations += len({row.consultation_id for row in block.records.consultations})
        lines += sum(len(c.lines) for c in block.records.claims if c.night is not None)
        if progress is not None:
            progress(one.payor, first + count, size.members)
    files = delivery.close()
    return _PayorResult(truth.as_json(files), files, consultations, lines)


def _prepare(out: Path) -> None:
    """An empty folder, or an earlier world to replace."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "truth.json").exists() and any(out.iterdir()):
        raise OutputInUse(out)
    for name in _PARTS:
        target = out / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
