"""The table of body sites says of a code what its title says, over the whole ICD-10-CM."""

from __future__ import annotations

import csv
import gzip
import re

import pytest

from pipeline.settings import ROOT
from tests.ingestion.samples import HAS_SAMPLES
from tests.spec.codebooks import FOLDER

pytestmark = pytest.mark.skipif(not HAS_SAMPLES, reason="no sample files here")
# Plain words only: a title that names several of them, or none, is not asked.
WORDS = {
    "shoulder": r"shoulder",
    "elbow": r"elbow|humerus|upper arm",
    "wrist": r"wrist|forearm",
    "hand": r"hand|fingers?|thumb",
    "hip": r"hip|thigh|femur",
    "knee": r"knee|patella|lower leg|tibia",
    "foot": r"ankle|foot|toes?",
    "cervical_spine": r"cervical region|cervical disc",
    "thoracic_spine": r"thoracic region",
    "lumbar_spine": r"lumbar region|lumbosacral region",
}


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    with gzip.open(FOLDER / "icd" / "icd10cm-codes-2024.txt.gz", "rt") as lines:
        return dict(line.rstrip().split(maxsplit=1) for line in lines)


@pytest.fixture(scope="module")
def sites() -> dict[str, str]:
    path = ROOT / "warehouse" / "reference" / "diagnosis_site.csv"
    with path.open(newline="") as rows:
        return {row["code_prefix"]: row["body_site"] for row in csv.DictReader(rows)}


def site(code: str, sites: dict[str, str]) -> str:
    lengths = range(6, 2, -1)
    return next((sites[code[:n]] for n in lengths if code[:n] in sites), "")


def named(title: str) -> list[str]:
    if "excluding" in title:
        return []
    words = title.lower()
    return [name for name, word in WORDS.items() if re.search(rf"\b(?:{word})\b", words)]


def test_musculoskeletal_titles_and_sites_agree(
    titles: dict[str, str], sites: dict[str, str]
) -> None:
    asked = {code: named(text) for code, text in titles.items() if code.startswith("M")}
    single = {code: names[0] for code, names in asked.items() if len(names) == 1}
    assert len(single) > 4_000
    assert {c: (n, site(c, sites)) for c, n in single.items() if site(c, sites) != n} == {}


def test_every_injury_of_a_limb_has_the_site_of_its_block(
    titles: dict[str, str], sites: dict[str, str]
) -> None:
    """S40-S49 shoulder and upper arm, S50-S59 elbow and forearm, and so on to the foot."""
    blocks = ("shoulder", "elbow", "hand", "hip", "knee", "foot")
    found: dict[str, set[str]] = {}
    for code in titles:
        if "S40" <= code[:3] <= "S99":
            found.setdefault(code[:2], set()).add(site(code, sites))
    assert found == {f"S{n}": {name} for n, name in enumerate(blocks, start=4)}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("M5020", "cervical_spine"),
        ("M5126", "lumbar_spine"),
        ("M5124", "thoracic_spine"),
        # between two regions, or no region at all
        ("M5125", ""),
        ("M4800", ""),
        ("M4805", ""),
        ("M519", "lumbar_spine"),
        ("M65841", "hand"),
        ("M7061", "hip"),
        ("M7661", "foot"),
        ("M7711", "elbow"),
        ("M87051", "hip"),
        ("M1990", ""),
    ],
)
def test_sites_of_single_codes(sites: dict[str, str], code: str, expected: str) -> None:
    assert site(code, sites) == expected
