"""Time, size and peak memory of a world: `python -m benchmarks.world [--members N] [--payors N]`.

The world is written by a process of its own, so that the peak is that of the simulator and of its
workers; the history alone (no file) is timed beside it. The members are the base world's as they
come, not the enriched sample of the demo.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from simulation.base_world import B
from simulation.history import BLOCK_MEMBERS, build_history
from simulation.profiles import profile

CHILD = """
import json, resource, sys
from pathlib import Path
from simulation.base_world import B
from simulation.world import simulate
out, members, payors, workers, seed, feeds = sys.argv[1:]
done = simulate(
    Path(out), payors=int(payors), members=int(members), nights=1, seed=int(seed), world=B,
    workers=int(workers), feeds=feeds,
)
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.files, done.claim_lines, done.consultations, done.size, own, worker]))
"""


@dataclass(frozen=True, slots=True)
class Written:
    """One world. Sizes are bytes, peaks kilobytes of one process."""

    seconds: float
    files: int
    claim_lines: int
    consultations: int
    size: int
    peak: int
    worker_peak: int


def write(members: int, payors: int, workers: int, seed: int, feeds: str) -> Written:
    """Write a world into a folder that is deleted afterwards."""
    out = Path(tempfile.mkdtemp(prefix="world"))
    asked = [str(part) for part in (out / "world", members, payors, workers, seed, feeds)]
    try:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *asked], check=True, stdout=subprocess.PIPE, text=True
        )
        seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return Written(seconds, *json.loads(done.stdout))


def history_seconds(members: int, seed: int) -> float:
    """Time of the event history of that many members, block by block, nothing written."""
    started = time.perf_counter()
    for block, first in enumerate(range(0, members, BLOCK_MEMBERS)):
        size = min(BLOCK_MEMBERS, members - first)
        build_history(B, profile(0), seed, 0, block, size, first)
    return time.perf_counter() - started


def lines(members: int, payors: int, alone: float, done: Written) -> list[str]:
    """What was measured, for readers."""
    total = members * payors
    main_peak, worker_peak = done.peak / 1024, done.worker_peak / 1024
    return [
        f"members        {total:>12,}    over {B.months} months",
        f"event history  {alone:>12.1f} s  {members / alone:,.0f} members a second, one payor",
        f"world in files {done.seconds:>12.1f} s  {total / done.seconds:,.0f} members a second",
        f"size           {done.size / 1e6:>12.1f} MB in {done.files} files",
        f"claim lines    {done.claim_lines:>12,}    consultations {done.consultations:,}",
        f"peak memory    {main_peak:>12.0f} MB; largest worker {worker_peak:.0f} MB",
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=10_000, help="per payor")
    parser.add_argument("--payors", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--feeds", choices=("core", "all"), default="all")
    asked = parser.parse_args()
    alone = history_seconds(asked.members, asked.seed)
    done = write(asked.members, asked.payors, asked.workers, asked.seed, asked.feeds)
    for line in lines(asked.members, asked.payors, alone, done):
        print(line)


if __name__ == "__main__":
    main()
