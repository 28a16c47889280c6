"""Broken files in children with limited memory: each ends with a code or whole counts, and silent.

SOAK=1 runs 10,000 of them, and loads more of them into the database.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion import receive
from ingestion.messages import RULES
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.fuzz.goldens import Golden, goldens
from tests.ingestion.fuzz.mutations import CANARY, broken
from tests.ingestion.fuzz.pool import Child
from tests.ingestion.fuzz.soak import record
from tests.ingestion.samples import HAS_SAMPLES

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not HAS_SAMPLES, reason="the public sample files are not beside this"),
]
SOAK = os.environ.get("SOAK") == "1"
TRIALS, LOADED = (10_000, 600) if SOAK else (400, 40)


def put(folder: Path, golden: Golden, content: bytes) -> Path:
    path = folder / golden.name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("golden", goldens() if HAS_SAMPLES else [], ids=lambda one: one.name)
def test_the_files_that_are_broken_were_whole(golden: Golden, tmp_path: Path) -> None:
    with Child(tmp_path / "errors") as child:
        report = child.check(put(tmp_path, golden, golden.content), None)
    assert (report["layout"], report["feed"]) == (golden.layout, golden.feed)
    assert (report["refused"], report["quarantined"]) == (None, {})
    assert report["rows"] == report["accepted"] > 0


def judge(report: dict[str, Any]) -> str:
    """What became of a file; fails unless it is one of the things that may become of one."""
    said = {name: value for name, value in report.items() if name != "path"}
    said["text"] = said["text"].replace(report["path"], "")
    assert CANARY not in str(said)
    held = sum(report["quarantined"].values())
    assert set(report["quarantined"]) <= set(RULES)
    assert report["rows"] == report["accepted"] + held
    if report["refused"]:
        assert report["refused"] in RULES
        assert (report["rows"], report["claims"], report["members"]) == (0, 0, 0)
        return str(report["refused"])
    return "taken, some held" if held else "taken"


def test_every_broken_file_ends_with_a_code(tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    with Child(tmp_path / "errors") as child, record("fuzzed", outcomes):
        for trial in range(TRIALS):
            rng = random.Random(f"fuzz-{trial}")
            golden = rng.choice(goldens())
            done, content = broken(golden, rng)
            layout = golden.layout if rng.random() < 0.5 else None
            path = put(tmp_path, golden, content)
            try:
                outcomes[judge(child.check(path, layout))] += 1
            except Exception as error:
                raise AssertionError(f"trial {trial}, {golden.name}, {done}") from error
        assert child.said == b""
    assert outcomes.total() == TRIALS
    assert len(outcomes) > 10


@pytest.mark.warehouse
def test_nothing_of_a_refused_file_is_stored(tmp_path: Path, catalogue_desk: Desk) -> None:
    desk, outcomes = catalogue_desk, Counter[str]()
    with record("loaded", outcomes):
        for trial in range(LOADED):
            rng = random.Random(f"load-{trial}")
            golden = rng.choice(goldens())
            _, content = broken(golden, rng)
            before = desk.stored()
            path, day = put(tmp_path, golden, content), DAY + timedelta(trial)
            # a day of its own: a second version of a day's file waits for the steward
            outcome = receive(desk.conn, desk.payor, golden.feed, golden.layout, path, day)
            assert CANARY not in str(outcome)
            if outcome.state != "loaded":
                assert outcome.code in RULES
                assert desk.stored() == before
            held = sum(outcome.quarantined.values()) + sum(outcome.skipped.values())
            assert outcome.rows == outcome.accepted + held
            outcomes[outcome.code or outcome.state] += 1
    assert outcomes.total() == LOADED
