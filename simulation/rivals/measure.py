"""Run the contests: `python -m simulation.rivals.measure [--only S8 S16] [--seeds N] [--draws N]`.

The file holds theta and every estimate with its interval, so that the tests can run a few seeds
again and the page of the world can print the table. Two processes; a line per contest. With
`--only`, the other scenarios keep what the file says of them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.base_world import BaseWorld
from simulation.rivals.estimate import Estimate
from simulation.rivals.plan import CONTESTS, Contest, history
from simulation.rivals.truth import DRAWS, realised, theta
from simulation.scenarios import SCENARIOS

OUT = Path(__file__).parents[2] / "docs" / "world" / "contests.json"
SEEDS = 50
HARMLESS_SEEDS = 20
HARMLESS_DRAWS = 200_000
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Round:
    """One seed of a contest."""

    rival: Estimate
    oracle: Estimate
    realised: float


def play(scenario: str, seed: int, harmless: bool = False) -> Round:
    """Both estimators on one world, and the realised mean of the estimand."""
    contest = CONTESTS[scenario]
    world = history(contest, world_of(contest, harmless), seed)
    return Round(
        contest.rival(world), contest.oracle(world), realised(world, contest.estimand).mean
    )


def world_of(contest: Contest, harmless: bool) -> BaseWorld:
    """The contest's world with or without its flaw."""
    return contest.harmless_world if harmless else contest.world


def rounded(value: float) -> float:
    """Six significant digits."""
    return float(f"{value:.{_DIGITS}g}")


def as_row(estimate: Estimate) -> list[float]:
    """[value, lower, upper, cases]."""
    parts = (estimate.value, estimate.lower, estimate.upper)
    return [*map(rounded, parts), estimate.cases]


def measured(scenario: str, seeds: int, draws: int, harmless: bool = False) -> dict[str, Any]:
    """Theta and the rounds of one contest, as kept in the file."""
    contest = CONTESTS[scenario]
    truth = theta(world_of(contest, harmless), contest.estimand, draws)
    rounds = [play(scenario, seed, harmless) for seed in range(seeds)]
    return {
        "theta": rounded(truth.value),
        "error": rounded(truth.error),
        "cases": truth.cases,
        "draws": truth.draws,
        "rival": [as_row(one.rival) for one in rounds],
        "oracle": [as_row(one.oracle) for one in rounds],
        "realised": [rounded(one.realised) for one in rounds],
    }


def misses(rows: Iterable[Sequence[float]], truth: float) -> int:
    """How many kept intervals exclude the truth."""
    return sum(not lower <= truth <= upper for _, lower, upper, _ in rows)


def run(seeds: int, draws: int, only: Sequence[str] = tuple(CONTESTS)) -> dict[str, Any]:
    """The contests of those scenarios, then those that have a world without the flaw."""
    jobs = [(name, seeds, draws, False) for name in only]
    few, less = min(seeds, HARMLESS_SEEDS), min(draws, HARMLESS_DRAWS)
    jobs += [(name, few, less, True) for name in only if CONTESTS[name].harmless]
    found: dict[str, Any] = {"contests": {}, "harmless": {}}
    with ProcessPoolExecutor(2) as pool:
        for job, result in zip(jobs, pool.map(measured, *zip(*jobs, strict=True)), strict=True):
            found["harmless" if job[3] else "contests"][job[0]] = result
            missed = misses(result["rival"], result["theta"])
            sys.stderr.write(f"{job[0]}: the competitor misses {missed} of {job[1]}\n")
    return found


def merged(kept: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What was kept, with the scenarios measured now in its place."""
    return {part: kept[part] | found[part] for part in found}


def write(found: dict[str, Any], path: Path) -> None:
    """One line per row, so that a change of the world reads as a small difference."""
    text = json.dumps(found, indent=1, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_compact(text) + "\n", encoding="utf-8")


def load(path: Path = OUT) -> dict[str, Any]:
    """The measured contests."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def ordered(measured: dict[str, Any]) -> list[tuple[str, Any]]:
    """In the order of the scenarios."""
    return [(name, measured[name]) for name in SCENARIOS if name in measured]


def _compact(text: str) -> str:
    """Bring lists of numbers back onto one line."""
    lists = re.compile(r"\[[^\[\]]*\]")
    return lists.sub(lambda found: " ".join(found[0].split()).replace("[ ", "["), text)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTS), metavar="SCENARIO")
    asked = parser.parse_args()
    if asked.only:
        found = merged(load(asked.out), run(asked.seeds, asked.draws, asked.only))
    else:
        found = run(asked.seeds, asked.draws)
    write(found, asked.out)


if __name__ == "__main__":
    main()
