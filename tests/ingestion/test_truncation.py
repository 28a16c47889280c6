"""Files cut short anywhere, in every packing: nothing of them enters.

Where a format does not say where a file ends, a cut between two records leaves a smaller whole
file, and a cut in the last cell of a line a whole line: no reader can see those. They are counted,
and the only ones that may be taken in. SOAK=1 makes 4,000 cuts.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.ingestion.fuzz.goldens import Golden, goldens
from tests.ingestion.fuzz.packings import PACKINGS, whole_text
from tests.ingestion.fuzz.pool import Child
from tests.ingestion.fuzz.soak import record
from tests.ingestion.samples import HAS_SAMPLES
from tests.ingestion.test_fuzz import judge, put

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not HAS_SAMPLES, reason="the public sample files are not beside this"),
]
OFFSETS = 50 if os.environ.get("SOAK") == "1" else 3
UNSEEN, UNHURT = "smaller whole file", "only the last line end was cut"


def looks_whole(golden: Golden, text: bytes) -> bool:
    """Whether what is left of a file without an end mark is a whole file too."""
    lines = text.decode(errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line), "").removesuffix("\r")
    if golden.form == "ndjson":
        try:
            return isinstance(json.loads(last), dict)
        except ValueError:
            return False
    delimiter = max(",|", key=lines[0].count)
    width = len(next(csv.reader(io.StringIO(golden.content.decode()), delimiter=delimiter)))
    return len(next(csv.reader([last], delimiter=delimiter), [])) >= width


def cuts(rng: random.Random, size: int) -> list[int]:
    """Offsets: anywhere, and close to both ends."""
    near = [1, size - 1, max(1, size - 9)]
    return [*near[: OFFSETS // 3], *(rng.randrange(1, size) for _ in range(OFFSETS))][:OFFSETS]


def test_nothing_of_a_cut_file_enters(tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    with Child(tmp_path / "errors") as child, record("cut", outcomes):
        for golden in goldens():
            for packing, pack in PACKINGS.items():
                whole = pack(golden.content)
                rng = random.Random(f"{golden.name}-{packing}")
                for at in cuts(rng, len(whole)):
                    report = child.check(put(tmp_path, golden, whole[:at]), golden.layout)
                    outcome = judge(report)
                    if whole_text(whole[:at], packing) == golden.content.rstrip():
                        outcome = UNHURT
                    elif report["accepted"] or outcome.startswith("taken"):
                        left = whole_text(whole[:at], packing)
                        assert left is not None, (golden.name, packing, at)
                        assert not golden.has_end, (golden.name, packing, at)
                        assert looks_whole(golden, left), (golden.name, packing, at)
                        outcome = UNSEEN
                    outcomes[outcome] += 1
        assert child.said == b""
    assert outcomes.total() == len(goldens()) * len(PACKINGS) * OFFSETS
    assert len(goldens()) == 20


def test_formats_that_say_where_they_end_let_nothing_in_at_any_offset(tmp_path: Path) -> None:
    """Each byte of a small file of each such format, plain."""
    smallest: dict[str, Golden] = {}
    for golden in goldens():
        known = smallest.get(golden.form)
        if golden.has_end and (known is None or len(golden.content) < len(known.content)):
            smallest[golden.form] = golden
    step = 1 if os.environ.get("SOAK") == "1" else 23
    with Child(tmp_path / "errors") as child:
        for golden in smallest.values():
            end = len(golden.content.rstrip())
            for at in range(1, end, step):
                report = child.check(put(tmp_path, golden, golden.content[:at]), golden.layout)
                assert report["refused"], (golden.name, at)
                assert report["accepted"] == 0
