"""Where the public sample files lie, and their raw text read in the plainest way."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from pipeline.settings import ROOT

SAMPLES = Path(os.environ.get("SECOND_OPINION_SAMPLES") or ROOT.parent / "shared" / "samples")
HAS_SAMPLES = SAMPLES.is_dir() or os.environ.get("REQUIRE_SAMPLES") == "1"
Rows = list[dict[str, str]]


def files(pattern: str) -> list[Path]:
    """Sample files of a pattern, in order; empty only where there are no samples at all."""
    found = sorted(SAMPLES.glob(pattern))
    assert found or not HAS_SAMPLES, pattern
    return found


def text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")


def rows(path: Path, delimiter: str) -> Rows:
    """Data rows by header name; fields beyond the header are dropped."""
    read = list(csv.reader(text(path).splitlines(), delimiter=delimiter))
    return [dict(zip(read[0], row, strict=False)) for row in read[1:] if row]


def total(amounts: Iterable[str]) -> Decimal:
    """In cents: single amounts may carry binary noise."""
    exact = sum((Decimal(amount) for amount in amounts if amount), Decimal(0))
    return exact.quantize(Decimal("0.01"))


def once(rows: Rows, claim: str, amount: str) -> Decimal:
    """Sum of an amount that repeats on every row of its claim."""
    return total({row[claim]: row[amount] for row in rows}.values())


def distinct(rows: Rows, column: str) -> int:
    return len({row[column] for row in rows})
