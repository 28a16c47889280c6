"""Broken X12 files: each ends with a code, none hangs, and memory does not follow the size."""

from __future__ import annotations

import os
import random
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion import stream
from ingestion.contract import load_layout
from ingestion.errors import Refused
from ingestion.messages import RULES
from ingestion.readers.x12 import read
from ingestion.stream import TextFile
from tests.ingestion.test_x12_claims import INSTITUTIONAL
from tests.ingestion.test_x12_money import ENROL, REMIT, SUBSCRIBER
from tests.ingestion.x12_files import (
    HEAD_837,
    claim,
    interchange,
    paid_claim,
    payment,
    take,
    text,
)

ROUNDS = 4000 if os.environ.get("SOAK") else 400
PLB = "PLB*1*20251231*L6*-1.50*WO:OLD1*21.5"
WHOLE = [
    *interchange([*HEAD_837, *claim(), *claim("C2", frequency="8")]),
    *interchange([*HEAD_837, *INSTITUTIONAL], guide="005010X223A2", control="000000002"),
    *interchange([*payment("50"), *paid_claim(), PLB], guide=REMIT, control="000000003"),
    *interchange(["BGN*00*1*20260101*0900****2", *SUBSCRIBER], guide=ENROL, control="000000004"),
]
Mutation = Callable[[random.Random, list[str]], bytes]


def lose(rng: random.Random, segments: list[str]) -> bytes:
    del segments[rng.randrange(len(segments))]
    return text(segments)


def double(rng: random.Random, segments: list[str]) -> bytes:
    segments.insert(rng.randrange(len(segments)), rng.choice(segments))
    return text(segments)


def swap(rng: random.Random, segments: list[str]) -> bytes:
    one, other = rng.randrange(len(segments)), rng.randrange(len(segments))
    segments[one], segments[other] = segments[other], segments[one]
    return text(segments)


def spoil(rng: random.Random, segments: list[str]) -> bytes:
    """Puts something odd into one element."""
    at = rng.randrange(len(segments))
    elements = segments[at].split("*")
    odd = ["", "-", "9" * 400, "1e9", "NaN", "٣", "::::", "20261399", " ", "é" * 300, "X" * 90000]
    elements[rng.randrange(len(elements))] = rng.choice(odd)
    segments[at] = "*".join(elements)
    return text(segments)


def flip(rng: random.Random, segments: list[str]) -> bytes:
    content = bytearray(text(segments))
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


def cut(rng: random.Random, segments: list[str]) -> bytes:
    content = text(segments)
    return content[: rng.randrange(len(content))]


def stir(rng: random.Random, segments: list[str]) -> bytes:
    """A piece of the file at another place."""
    content = text(segments)
    start, size, to = (rng.randrange(len(content)) for _ in range(3))
    return content[:to] + content[start : start + size % 500] + content[to:]


MUTATIONS: list[Mutation] = [lose, double, swap, spoil, flip, cut, stir]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.__name__)
def test_a_broken_file_ends_with_a_code(mutation: Mutation, tmp_path: Path) -> None:
    rng = random.Random(f"x12-{mutation.__name__}")
    slowest, outcomes = 0.0, set()
    for _ in range(ROUNDS // len(MUTATIONS)):
        content = mutation(rng, list(WHOLE))
        started = time.monotonic()
        try:
            taken = take(tmp_path, content)
            outcomes |= {"taken", *taken.codes, *taken.skipped, *taken.warnings}
        except Refused as refused:
            outcomes.add(refused.code)
        slowest = max(slowest, time.monotonic() - started)
    assert outcomes - {"taken"} <= set(RULES)
    assert len(outcomes) > 1
    assert slowest < 5


def test_the_file_that_is_broken_was_whole(tmp_path: Path) -> None:
    taken = take(tmp_path, text(WHOLE))
    assert (taken.accepted, taken.rejected) == (6, [])


def peak(path: Path) -> int:
    """Bytes held at most while a file is read."""
    layout = load_layout("x12")
    tracemalloc.start()
    for _ in read(TextFile(path), layout, "medical_claim"):
        pass
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


def test_memory_does_not_follow_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One set of three times the claims: memory follows the block that is read, not the file."""
    monkeypatch.setattr(stream, "BLOCK", 1 << 16)
    sizes: dict[int, int] = {}
    for count in (1500, 4500):
        claims = [segment for n in range(count) for segment in claim(f"C{n}", member=f"M{n}")]
        path = tmp_path / f"{count}.x12"
        path.write_bytes(text(interchange([*HEAD_837, *claims])))
        sizes[path.stat().st_size] = peak(path)
    (small, small_peak), (large, large_peak) = sizes.items()
    assert large > 2.9 * small > 1 << 20
    assert large_peak < 1.1 * small_peak
    assert large_peak < 40 * stream.BLOCK


@pytest.mark.parametrize(
    "content",
    [
        text(WHOLE, "\n").replace(b"\nGS", b"\n" * 900_000 + b"GS", 1),
        text(WHOLE, "\n").replace(b"\nIEA", b"\n" * 900_000 + b"IEA", 1),
        text(WHOLE).replace(b"~\nGS", b"~" * 900_000 + b"GS", 1),
        text(WHOLE).replace(b"DOE", b"D" + b" " * 60_000 + b"\n" + b" " * 4000 + b"E", 1),
        text(WHOLE).replace(b"DOE", b"D IEA*E", 1),
    ],
    ids=["blank lines", "blank lines before IEA", "empty segments", "spaces", "IEA in a name"],
)
def test_long_runs_are_read_at_once(content: bytes, tmp_path: Path) -> None:
    started = time.monotonic()
    take(tmp_path, content)
    assert time.monotonic() - started < 10


def test_a_claim_without_end_is_held(tmp_path: Path) -> None:
    endless = [*claim()[:5], "CLM*C1*6000***11:B:1", *["SV1*HC:G0101*1*UN*1"] * 6000]
    taken = take(tmp_path, text(interchange([*HEAD_837, *endless, *claim("C2")])))
    assert (taken.codes, taken.accepted) == (["Q-LEN"], 1)


def test_very_many_bad_sets_refuse_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.readers.x12.envelope.BAD_LIMIT", 50)
    segments = interchange(*[[*HEAD_837, *claim()]] * 60)
    wrong = [one if not one.startswith("SE*") else "SE*1*1" for one in segments]
    with pytest.raises(Refused) as refused:
        take(tmp_path, text(wrong) + text(interchange([*HEAD_837, *claim()], control="2" * 9)))
    assert refused.value.code == "X-CTRL"
