"""A bad reference file is refused with a code, and what was stored before stays."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.codebook.conftest import CODES_2024, FILES, NEEDS_SAMPLES, REFERENCE
from warehouse.codebook.errors import RULES, ReferenceRefused
from warehouse.codebook.load import load

STATE = """
    select (select count(*) from reference.diagnosis_code),
        (select md5(string_agg(d::text, ';' order by d::text)) from reference.diagnosis_code as d),
        (select count(*) from reference.release), (select count(*) from ops.change),
        (select count(*) from reference.catalogue), (select count(*) from reference.ccsr)
"""
LINES = gzip.decompress(CODES_2024.read_bytes()).decode() if CODES_2024.exists() else ""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def cut(text: str, share: float) -> str:
    """The first lines of a text, whole."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: int(len(lines) * share)])


def order_file(lines: list[str]) -> str:
    """Lines of the codes file in the form of the order file, numbered from 1."""
    rows = (line.split(maxsplit=1) for line in lines)
    return "".join(
        f"{n:05} {code:<7} 1 {title[:60]:<60} {title}\n" for n, (code, title) in enumerate(rows, 1)
    )


BAD: dict[str, tuple[str, str, Callable[[Path], Path]]] = {
    "gzip cut short": (
        "icd-10-cm", "E-REF-UNREADABLE",
        lambda at: _bytes(at / "a.txt.gz", CODES_2024.read_bytes()[:200_000]),
    ),
    "not text": (
        "icd-10-cm", "E-REF-UNREADABLE", lambda at: _bytes(at / "a.txt", b"\xff\xfe\x00a"),
    ),
    "no such file": ("icd-10-cm", "E-REF-UNREADABLE", lambda at: at / "none.txt"),
    "empty": ("icd-10-cm", "E-REF-EMPTY", lambda at: write(at / "a.txt", "")),
    "last chapters missing": (
        "icd-10-cm", "E-REF-INCOMPLETE", lambda at: write(at / "a.txt", cut(LINES, 0.95)),
    ),
    "far too short": (
        "icd-10-cm", "E-REF-INCOMPLETE", lambda at: write(at / "a.txt", cut(LINES, 0.3)),
    ),
    "a code twice": (
        "icd-10-cm", "E-REF-DUPLICATE", lambda at: write(at / "a.txt", LINES + LINES[:200]),
    ),
    "procedures as diagnoses": (
        "icd-10-cm", "E-REF-CODE", lambda at: REFERENCE / "icd/icd10pcs-codes-2024.txt.gz",
    ),
    "a spreadsheet": (
        "icd-10-cm", "E-REF-FORMAT", lambda at: REFERENCE / "drg/mdc.csv",
    ),
    "order file put together from two": (
        "icd-10-cm", "E-REF-MIXED",
        lambda at: write(at / "a.txt", order_file(LINES.splitlines()[:50])
                         + order_file(LINES.splitlines()[50:90])),
    ),
    "leading zeros lost, Parquet": (
        "ms-drg", "E-REF-ZERO-LOST", lambda at: REFERENCE / "drg/ms_drg_leading_zero_lost.parquet",
    ),
    "leading zeros lost, text": (
        "icd-10-pcs", "E-REF-ZERO-LOST", lambda at: write(at / "a.txt", "16070 Bypass\n"),
    ),
    "leading zeros of flags lost": (
        "gem-icd-9-cm", "E-REF-ZERO-LOST",
        lambda at: write(at / "a.csv", "icd9cm,icd10cm,flags\n0010,A000,0\n"),
    ),
    "a data row became the header": (
        "ccsr-dx", "E-REF-FORMAT",
        lambda at: REFERENCE / "ccsr/dxccsr_v2023_1_cleaned_map_1.parquet",
    ),
    "the first of three parts": (
        "ccsr-dx", "E-REF-INCOMPLETE",
        lambda at: REFERENCE / "ccsr/dxccsr_v2023_1_cleaned_map_0.parquet",
    ),
    "a title of another release": (
        "ccsr-pr", "E-REF-RELEASE",
        lambda at: write(at / "a.csv", "CCSR for ICD-10-PCS v2019.1,,,,\n'ICD-10-PCS',"
                         "'ICD-10-PCS DESCRIPTION','PRCCSR','PRCCSR DESCRIPTION',"
                         "'CLINICAL DOMAIN'\n'0016070',x,'CNS010',x,x\n"),
    ),
    "two releases in one file": (
        "icd-10-ca", "E-REF-MIXED",
        lambda at: write(at / "a.csv", "code,release\nM17.1,2025\nM17.9,2026\n"),
    ),
    "another release than it says": (
        "icd-10-ca", "E-REF-RELEASE", lambda at: FILES / "icd_10_am.csv",
    ),
    "a row with a cell too many": (
        "icd-10-ca", "E-REF-FORMAT", lambda at: write(at / "a.csv", "code,label\nM17.1,a,b\n"),
    ),
    "overlapping days of one code": (
        "icd-10-ca", "E-REF-DUPLICATE",
        lambda at: write(at / "a.csv", "code,valid_from,valid_to\nM17.1,2020-01-01,2025-12-31\n"
                         "M17.1,2025-06-01,\n"),
    ),
    "a day that is none": (
        "icd-10-ca", "E-REF-VALUE",
        lambda at: write(at / "a.csv", "code,valid_from\nM17,2026-02-30\n"),
    ),
    "a rate of zero": (
        "ppp", "E-REF-VALUE", lambda at: write(at / "a.csv", "Country ID,Year,PPP\nDE,2024,0\n"),
    ),
    "a rate that is no number": (
        "fx-ecb", "E-REF-VALUE", lambda at: write(at / "a.csv", "Date,USD\n2026-01-02,abc\n"),
    ),
}  # fmt: skip


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@NEEDS_SAMPLES
@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_and_changes_nothing(
    owner: psycopg.Connection, tmp_path: Path, case: str
) -> None:
    kind, code, make = BAD[case]
    before = owner.execute(STATE).fetchone()
    with pytest.raises(ReferenceRefused) as refused:
        load(owner, kind, "v2026.1", make(tmp_path), date(2026, 1, 1))
    assert refused.value.code == code
    assert owner.execute(STATE).fetchone() == before


def test_half_of_the_release_before_is_refused(owner: psycopg.Connection, tmp_path: Path) -> None:
    load(owner, "icd-10-am", "2025", FILES / "icd_10_am.csv")
    before = owner.execute(STATE).fetchone()
    short = write(tmp_path / "a.csv", "code\nM17.1\nM17.9\n")
    with pytest.raises(ReferenceRefused, match="E-REF-SHRUNK"):
        load(owner, "icd-10-am", "2026", short)
    assert owner.execute(STATE).fetchone() == before


@pytest.mark.parametrize(
    ("release", "first", "last", "code"),
    [
        ("edition thirteen", None, None, "E-REF-DATES"),
        ("2026", date(2026, 1, 1), date(2025, 12, 31), "E-REF-DATES"),
        ("2026", date(2025, 1, 1), None, "E-REF-OVERLAP"),
        ("2024", None, date(2025, 1, 1), "E-REF-OVERLAP"),
        ("starter", date(2026, 1, 1), None, "E-REF-STARTER"),
    ],
)
def test_wrong_days_are_refused(
    owner: psycopg.Connection, tmp_path: Path, release: str, first: date, last: date, code: str
) -> None:
    text = (FILES / "icd_10_am.csv").read_text()
    load(owner, "icd-10-am", "2025", FILES / "icd_10_am.csv")
    other = write(tmp_path / "a.csv", text.replace(",2025\n", ",\n"))
    with pytest.raises(ReferenceRefused) as refused:
        load(owner, "icd-10-am", release, other, first, last)
    assert refused.value.code == code


def test_every_code_is_tried(owner: psycopg.Connection) -> None:
    tried = {code for _, code, _ in BAD.values()}
    elsewhere = {"E-REF-SHRUNK", "E-REF-DATES", "E-REF-OVERLAP", "E-REF-STARTER", "E-REF-UNKNOWN"}
    assert tried | elsewhere == set(RULES)
