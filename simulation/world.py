"""The whole world: payor by payor and block by block, so that memory stays flat."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from simulation.base_world import B, BaseWorld
from simulation.block import Block, Task, build
from simulation.delivery import Delivery, FileOutcome
from simulation.effect import effect
from simulation.feeds.deliver import Invoices, merge, payor_fragments
from simulation.parameters import BLOCK_MEMBERS, Calendar, WorldSize, calendar_for
from simulation.payor_files import write_payor
from simulation.profiles import Profile, profile
from simulation.story_block import stories_told
from simulation.truth import Truth, write_truth
from simulation.truth_cases import CaseTruth
from simulation.workers import blocks_in_order

# (payor, members done, members in all)
Progress = Callable[[str, int, int], None]
_PARTS = ("payors", "nights", "truth", "truth.json")
# The demo is an enriched sample: most members are triggered, and only some months have care.
DEMO = replace(B, triggered_share=0.73, visit_share=0.2)


CORE, ALL = "core", "all"


def enriched(world: BaseWorld) -> BaseWorld:
    """A world as a demo shows it: members with a trigger oversampled, fewer months with care.

    A world that says its own share of triggered members keeps it.
    """
    share = world.triggered_share or DEMO.triggered_share
    return replace(world, triggered_share=share, visit_share=DEMO.visit_share)


def sample_note(world: BaseWorld) -> str:
    """What the page must say of an enriched sample; empty for members as they come."""
    if world.triggered_share is None:
        return ""
    note = "Enriched sample of simulated members: far more proposed operations than in life"
    if world.visit_share < 1:
        note += f"; other care in {world.visit_share:.0%} of the months, dearer in proportion"
    return f"{note}. Rates per member are not those of a population."


class UnknownFeeds(ValueError):
    """Neither "core" nor "all"; `feeds` is the fact."""

    def __init__(self, feeds: str) -> None:
        super().__init__(f'feeds must be "core" or "all", got {feeds}')
        self.feeds = feeds


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


@dataclass(slots=True)
class _PayorResult:
    answers: dict[str, object]
    consultations: int = 0
    claim_lines: int = 0


def simulate(
    out: Path,
    payors: int = 3,
    members: int = 5_000,
    nights: int = 4,
    seed: int = 20260701,
    progress: Progress | None = None,
    world: BaseWorld = DEMO,
    workers: int = 1,
    feeds: str = CORE,
    theta_draws: int = 20_000,
) -> WorldSummary:
    """Write a world below `out`: payors/, nights/, truth/ and truth.json.

    `members` is per payor, unless the world says its own; an earlier world there is replaced. The
    bytes do not depend on `workers`. `feeds`: "core" writes those the payor's description lists,
    "all" the further ones too. `theta_draws` new lives give the expected effect. Raises
    WorldTooSmall, UnknownFeeds or OutputInUse.
    """
    if feeds not in (CORE, ALL):
        raise UnknownFeeds(feeds)
    size = WorldSize(payors, world.members or members, nights, seed)
    _prepare(out)
    profiles = [profile(number) for number in range(size.payors)]
    results = [
        _simulate_payor(
            out, number, one, Plan(size, world, workers, feeds == ALL, theta_draws), progress
        )
        for number, one in enumerate(profiles)
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


@dataclass(frozen=True, slots=True)
class Plan:
    """What a caller asked for."""

    size: WorldSize
    world: BaseWorld
    workers: int
    all_feeds: bool
    theta_draws: int


def tasks(number: int, one: Profile, plan: Plan, calendar: Calendar) -> Iterator[Task]:
    """The blocks of one payor, in order."""
    size = plan.size
    for index, first in enumerate(range(0, size.members, BLOCK_MEMBERS)):
        yield Task(
            world=plan.world,
            profile=one,
            calendar=calendar,
            seed=size.seed,
            payor_number=number,
            block=index,
            first_member=first,
            members=min(BLOCK_MEMBERS, size.members - first),
            stories=stories_told(size.members) if plan.world.stories and not index else 0,
            all_feeds=plan.all_feeds,
        )


def _simulate_payor(
    out: Path,
    number: int,
    one: Profile,
    plan: Plan,
    progress: Progress | None,
) -> _PayorResult:
    size, hidden = plan.size, plan.world.hidden_families
    calendar = calendar_for(size.nights, one.accidents.quiet)
    write_payor(out / "payors", one, hidden, sample_note(plan.world))
    delivery, truth = Delivery(out, one, calendar), Truth(one, calendar, hidden)
    result, done = _PayorResult({}), 0
    invoices: Invoices = {}
    effects: list[pd.DataFrame] = []
    with CaseFile(out / "truth" / f"{one.payor}_cases.jsonl") as cases:
        for block in blocks_in_order(build, tasks(number, one, plan, calendar), plan.workers):
            delivery.send(block.fragments)
            truth.add(block.truth)
            cases.add(block.cases)
            _count(result, block)
            merge(invoices, block.invoices)
            effects.append(block.effect)
            done += block.members
            if progress is not None:
                progress(one.payor, done, size.members)
    if plan.all_feeds:
        delivery.send(payor_fragments(one, calendar, invoices))
    files: dict[int, dict[str, FileOutcome]] = delivery.close()
    known = pd.concat(effects, ignore_index=True)
    result.answers = truth.as_json(files)
    if len(known):
        result.answers["effect"] = effect(
            plan.world, one, known, calendar, size.seed, plan.theta_draws
        )
    return result


def _count(result: _PayorResult, block: Block) -> None:
    result.consultations += block.consultations
    result.claim_lines += block.claim_lines


class CaseFile:
    """The truth of single cases, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._out = path.open("w", encoding="utf-8")

    def __enter__(self) -> CaseFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def add(self, cases: dict[str, CaseTruth]) -> None:
        """Append a block's cases in the order of their ids."""
        for case in sorted(cases):
            line = json.dumps({"consultation_id": case, **cases[case]}, sort_keys=True)
            self._out.write(line + "\n")


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
