"""Mutilated files of the delimited families: each ends with a report, none with an exception.

SOAK=1 runs many more of the same.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from ingestion.check import check_file
from ingestion.messages import RULES
from tests.ingestion.samples import HAS_SAMPLES, files

pytestmark = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)
ROUNDS = 1500 if os.environ.get("SOAK") == "1" else 25
SEEDS = [
    "bfd_rif/static/sample-a-inpatient.txt", "bfd_rif/static/sample-a-beneficiaries.txt",
    "bfd_rif/static/sample-a-bcarrier-multiple-lines.txt", "bfd_rif/static/sample-a-pde.txt",
    "desynpuf/members_500_split/*TestBB.csv", "synthea_csv/v3_2_layout/payer_transitions.csv",
    "synthea_csv/v3_2_layout/patients.csv", "tuva_demo/v2023_05/eligibility.csv",
]  # fmt: skip
SPARKS = [b"\0", b'"', b"\r", b"\n", b"|", b",", b"\xff", b"\xef\xbb\xbf", b"NaN", b"1e9", b" ",
          b"9" * 40, "١".encode(), b"\\.", b"'--", b"{{", b"<", b"\x1f\x8b",
          b"PK\x03\x04"]  # fmt: skip


def mutilated(content: bytes, rng: random.Random) -> bytes:
    """A copy with a few things cut, doubled, moved or put in."""
    for _ in range(rng.randrange(1, 4)):
        at, size = rng.randrange(len(content) + 1), rng.randrange(1, 60)
        piece = content[at : at + size]
        content = rng.choice([
            content[:at],
            content[:at] + content[at + size :],
            content[:at] + piece + content[at:],
            content[:at] + rng.choice(SPARKS) + content[at:],
            content[:at] + rng.choice(SPARKS) + content[at + 1 :],
            content[:at] + bytes(reversed(piece)) + content[at + size :],
        ])  # fmt: skip
    return content


@pytest.mark.parametrize("pattern", SEEDS)
def test_every_mutilated_file_ends_with_a_report(pattern: str, tmp_path: Path) -> None:
    source = files(pattern)[0]
    whole, rng, path = source.read_bytes()[:20_000], random.Random(pattern), tmp_path / source.name
    for _ in range(ROUNDS):
        path.write_bytes(mutilated(whole, rng))
        report = check_file(path)
        assert report.refused is None or report.refused in RULES
        assert report.rows == report.accepted + sum(report.quarantined.values())
        assert set(report.quarantined) <= set(RULES)
