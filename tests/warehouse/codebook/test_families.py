"""Procedure families: what ships, counted against the public lists, and what is loaded."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.codebook.conftest import NEEDS_SAMPLES, REFERENCE
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.load import load
from warehouse.reference_data import FOLDER

# codes of fiscal year 2024 that count; diagnostic ones are left out
COUNTS = {
    "knee_arthroplasty": 56,
    "hip_arthroplasty": 92,
    "lumbar_fusion": 99,
    "cervical_fusion": 99,
    "lumbar_decompression": 20,
    "cholecystectomy": 6,
    "hysterectomy": 10,
    "inguinal_hernia": 30,
    "knee_arthroscopy": 14,
    "shoulder_arthroplasty": 12,
    "rotator_cuff": 10,
    "cabg": 296,
    "pci": 240,
    "aortic_valve": 19,
    "prostatectomy": 4,
    "mastectomy": 3,
    "breast_conservation": 12,
    "thyroidectomy": 8,
    "tonsillectomy": 2,
    "cataract": 10,
    "caesarean": 3,
}


def shipped(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def codes() -> list[str]:
    path = REFERENCE / "icd" / "icd10pcs-codes-2024.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [line.split()[0] for line in stream]


def family_codes(codes: list[str], diagnostic: bool) -> Counter[str]:
    """Codes by family; `diagnostic`: those that the excluded qualifier leaves out."""
    found: Counter[str] = Counter()
    for row in shipped("procedure_code"):
        if row["code_system"] != "icd-10-pcs":
            continue
        mark = row["excluded_qualifier"]
        for code in codes:
            if code.startswith(row["code_prefix"]):
                found[row["family_id"]] += (bool(mark) and code.endswith(mark)) == diagnostic
    return found


@NEEDS_SAMPLES
def test_families_hold_as_many_codes_as_the_list_has(codes: list[str]) -> None:
    kept = family_codes(codes, diagnostic=False)
    assert {family: kept[family] for family in COUNTS} == COUNTS


@NEEDS_SAMPLES
def test_biopsies_are_left_out(codes: list[str]) -> None:
    dropped = family_codes(codes, diagnostic=True)
    assert dropped["breast_conservation"] == 12
    assert dropped["lumbar_decompression"] == 6
    assert dropped["knee_arthroscopy"] == 6
    assert dropped["cholecystectomy"] == 4


@NEEDS_SAMPLES
def test_no_code_is_of_two_families(codes: list[str]) -> None:
    rows = [row for row in shipped("procedure_code") if row["code_system"] == "icd-10-pcs"]
    owners: dict[str, set[str]] = {}
    for row in rows:
        for code in codes:
            if code.startswith(row["code_prefix"]):
                owners.setdefault(code, set()).add(row["family_id"])
    assert len(owners) > 1_000
    assert {code for code, families in owners.items() if len(families) > 1} == set()


@NEEDS_SAMPLES
def test_payment_groups_and_items_are_the_publishers() -> None:
    """Groups of later years than the sample's are not in it."""
    with (REFERENCE / "drg" / "ms_drg.csv").open() as stream:
        groups = {line.split(",")[0] for line in stream}
    with gzip.open(REFERENCE / "hcpcs" / "hcpcs_level_2.csv.gz", "rt") as stream:
        items = {line.split(",")[0].strip('"') for line in stream}
    rows = shipped("procedure_code")
    listed = [r for r in rows if r["code_system"] == "ms-drg" and r["effective_from"] < "2023-10"]
    assert listed and {r["code_prefix"] for r in listed} <= groups
    level_two = {r["code_prefix"] for r in rows if r["code_system"] == "hcpcs"}
    assert all(any(item.startswith(prefix) for item in items) for prefix in level_two)


def test_only_free_codes_ship() -> None:
    """Level I of HCPCS begins with a digit; national lists come by a load."""
    rows = shipped("procedure_code")
    assert {row["code_system"] for row in rows} == {"icd-10-pcs", "ms-drg", "hcpcs"}
    assert {row["licence_class"] for row in rows} == {"public_domain"}
    items = [row["code_prefix"] for row in rows if row["code_system"] == "hcpcs"]
    assert items and all(code[0].isalpha() and code[0] != "D" for code in items)


def test_families_substitutes_and_statutory_indications_fit_together() -> None:
    families = {row["family_id"]: row for row in shipped("procedure_family")}
    assert len(families) == 26
    assert all(int(row["min_defer_months"]) == 3 for row in families.values())
    for row in shipped("family_substitute"):
        assert {row["family_id"], row["substitute_family_id"]} <= families.keys()
    german = [row for row in shipped("statutory_indication") if row["country_code"] == "DE"]
    assert len(german) == 11
    assert {f for row in german for f in row["family_ids"].split()} <= families.keys()


def bridge(path: Path, *rows: str) -> Path:
    head = "code_prefix,family_id,extent_rank,laterality,effective_from"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def stored(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    return conn.execute(
        "select code_prefix, code_release, effective_from, effective_to"
        " from reference.procedure_code where code_system = 'ops' and is_loaded order by 1, 3"
    ).fetchall()


@pytest.mark.warehouse
def test_a_national_bridge_is_loaded_and_the_next_one_follows_it(
    owner: psycopg.Connection, tmp_path: Path
) -> None:
    """Fictitious codes."""
    first = bridge(tmp_path / "a.csv", "X-1,knee_arthroplasty,2,right,", "X-2,cataract,0,,")
    found = load(owner, "bridge-ops", "2023", first)
    assert (found.state, found.rows) == ("loaded", 2)
    assert load(owner, "bridge-ops", "2023", first).state == "unchanged"
    second = bridge(
        tmp_path / "b.csv", "X-1,hip_arthroplasty,2,right,", "X-3,cataract,0,,2024-07-01"
    )
    load(owner, "bridge-ops", "2024", second)
    assert stored(owner) == [
        ("X-1", "2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("X-1", "2024", date(2024, 1, 1), None),
        ("X-2", "2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("X-3", "2024", date(2024, 7, 1), None),
    ]


@pytest.mark.warehouse
@pytest.mark.parametrize(
    "row",
    ["X-1,nobody_knows,0,,", "X-1,cataract,many,,", "X-1,cataract,0,upper,", "X-1,,0,,"],
)
def test_a_wrong_bridge_is_refused(owner: psycopg.Connection, tmp_path: Path, row: str) -> None:
    with pytest.raises(ReferenceRefused, match="E-REF-VALUE"):
        load(owner, "bridge-ops", "2023", bridge(tmp_path / "a.csv", row))
    assert stored(owner) == []


@pytest.mark.warehouse
def test_expected_rates_are_loaded(owner: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(
        "country_code,family_id,year,low,high,source\nDE,cataract,2024,5,15,made up for a test\n"
    )
    assert load(owner, "family-rate", "2024", path).rows == 1
    rows = owner.execute("select family_id, low, high from reference.family_rate").fetchall()
    assert rows == [("cataract", 5, 15)]
