"""The written files keep the layouts, fail as announced, and add up to the truth."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from simulation.base_world import B
from simulation.world import DEMO, sample_note
from tests.simulation.conftest import PAYORS, World, read_rows

ROOT = Path(__file__).resolve().parents[2]


def path_of(world: World, payor: str, index: int, name: str) -> Path:
    feed = name.rsplit("_", 2)[0]
    return world.out / "nights" / world.truth["nights"][index] / payor / feed / name


def plaintext(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def loaded(world: World, payor: str, until: int) -> list[Path]:
    return [
        path_of(world, payor, index, name)
        for index in range(until + 1)
        for name, told in world.night(payor, index)["files"].items()
        if told["outcome"] == "loaded"
    ]


@pytest.mark.parametrize("payor", PAYORS)
def test_every_file_is_told_and_every_told_file_exists(default_world: World, payor: str) -> None:
    for index, day in enumerate(default_world.truth["nights"]):
        folder = default_world.out / "nights" / day / payor
        written = {path.name for path in folder.rglob("*") if path.is_file()}
        assert written == set(default_world.night(payor, index)["files"])


@pytest.mark.parametrize("payor", PAYORS)
def test_headers_are_known_and_trailers_are_right(default_world: World, payor: str) -> None:
    for path in loaded(default_world, payor, 3):
        feed = path.parent.name
        contract = yaml.safe_load((ROOT / f"ingestion/contracts/feeds/{feed}.yml").read_text())
        known = {column["name"]: column for column in contract["columns"]}
        lines = plaintext(path).decode().splitlines()
        rows, trailer = read_rows(path)
        header = set(rows[0])
        assert header <= set(known)
        assert {name for name, column in known.items() if column.get("required")} <= header
        assert trailer[:2] == ["#TRAILER", str(len(lines) - 2)]
        paid = sum((Decimal(row["paid_amount"]) for row in rows), Decimal(0)) if trailer[2] else ""
        assert not trailer[2] or re.fullmatch(r"-?\d+\.\d{2,4}", trailer[2])
        assert not trailer[2] or Decimal(trailer[2]) == paid
        assert bool(trailer[2]) == (feed == "medical_claim")


@pytest.mark.parametrize("payor", PAYORS)
def test_each_kind_of_accident_is_what_it_says(default_world: World, payor: str) -> None:
    seen = set()
    for index in range(4):
        for name, told in default_world.night(payor, index)["files"].items():
            path = path_of(default_world, payor, index, name)
            if told["code"] == "E-TRUNC":
                with pytest.raises(EOFError):
                    plaintext(path)
            elif told["code"] == "E-COUNT":
                count = len(plaintext(path).decode().splitlines()) - 2
                assert plaintext(path).decode().splitlines()[-1].split(",")[1] != str(count)
            elif told["code"] == "I-DUP":
                digest = hashlib.sha256(plaintext(path)).digest()
                earlier = [p for p in loaded(default_world, payor, index) if p != path]
                assert digest in {hashlib.sha256(plaintext(p)).digest() for p in earlier}
            seen |= {told["code"], *told["quarantined"]}
    assert {"I-DUP", "Q-DATE", "Q-NUM", "Q-CODE", "Q-REQ", "Q-COLS"} <= seen
    assert ("E-TRUNC" in seen) != ("E-COUNT" in seen)


@pytest.mark.parametrize("payor", PAYORS)
def test_a_refused_file_comes_again_intact(default_world: World, payor: str) -> None:
    refused = [
        (index, name)
        for index in range(4)
        for name, told in default_world.night(payor, index)["files"].items()
        if told["outcome"] == "refused"
    ]
    assert len(refused) == 1
    index, name = refused[0]
    good = path_of(default_world, payor, index + 1, f"medical_claim_202607{index + 2:02d}_10.csv")
    if payor == "rheinland":
        good = good.with_suffix("").with_suffix(".psv.gz")
    broken = path_of(default_world, payor, index, name).read_bytes()
    shared = len(broken) if payor == "rheinland" else len(broken) - 60
    assert good.read_bytes()[:shared] == broken[:shared]


@pytest.mark.parametrize("payor", PAYORS)
@pytest.mark.parametrize("until", [0, 3])
def test_member_months_recounted_from_the_files(
    default_world: World, payor: str, until: int
) -> None:
    latest: dict[tuple[str, ...], dict[str, str]] = {}
    for path in loaded(default_world, payor, until):
        if path.parent.name == "eligibility":
            for row in read_rows(path)[0]:
                if not row["person_id"] or "BAD" in row["person_id"]:
                    continue
                key = (row["member_id"], row["enrollment_start_date"], row["plan"])
                kept = latest.get(key)
                if kept is None or int(row["sender_sequence"]) > int(kept["sender_sequence"]):
                    latest[key] = row
    months = set()
    for row in latest.values():
        first = row["enrollment_start_date"][:7]
        last = min(row["enrollment_end_date"][:7] or "2026-07", "2026-07")
        year, month = int(first[:4]), int(first[5:])
        while f"{year}-{month:02d}" <= last:
            months.add((row["member_id"], year, month))
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    assert len(months) == default_world.night(payor, until)["member_months"]


@pytest.mark.parametrize("payor", ["northlake", "hokkai"])
@pytest.mark.parametrize("until", [0, 3])
def test_final_claims_recounted_from_replacement_files(
    default_world: World, payor: str, until: int
) -> None:
    families: dict[str, dict[int, list[dict[str, str]]]] = {}
    for path in loaded(default_world, payor, until):
        if path.parent.name == "medical_claim":
            for row in read_rows(path)[0]:
                if "BAD" not in row["claim_id"] and row["claim_id"]:
                    family = row["original_claim_id"] or row["claim_id"]
                    versions = families.setdefault(family, {})
                    versions.setdefault(int(row["sender_sequence"]), []).append(row)
    standing = [
        versions[max(versions)]
        for versions in families.values()
        if 1 in versions and versions[max(versions)][0]["adjustment_type"] != "void"
    ]
    told = default_world.night(payor, until)["final_claims"]
    assert len(standing) == told["claims"] > 30_000
    rows = [row for version in standing for row in version]
    assert len(rows) == told["lines"]
    for money in ("paid_amount", "allowed_amount"):
        assert sum(Decimal(row[money]) for row in rows) == Decimal(told[money])
    assert len(families) > len(standing)


@pytest.mark.parametrize("until", [0, 3])
def test_final_money_recounted_from_reversal_files(default_world: World, until: int) -> None:
    rows = [
        row
        for path in loaded(default_world, "rheinland", until)
        if path.parent.name == "medical_claim"
        for row in read_rows(path)[0]
        if "BAD" not in row["claim_id"] and row["claim_id"]
    ]
    held = {row["claim_id"] for row in rows} - {
        row["claim_id"] for row in rows if row["adjustment_type"] == "original"
    }
    assert held
    told = default_world.night("rheinland", until)["final_claims"]
    for money in ("paid_amount", "allowed_amount"):
        total = sum(Decimal(row[money]) for row in rows if row["claim_id"] not in held)
        assert total == Decimal(told[money])


@pytest.mark.parametrize("payor", PAYORS)
def test_paid_allowed_charge_are_ordered(default_world: World, payor: str) -> None:
    for path in loaded(default_world, payor, 0):
        if path.parent.name == "medical_claim":
            for row in read_rows(path)[0]:
                amounts = [Decimal(row[f"{kind}_amount"]) for kind in ("paid", "allowed", "charge")]
                assert sorted(map(abs, amounts)) == list(map(abs, amounts))


def test_only_an_enriched_sample_carries_a_note() -> None:
    assert sample_note(B) == ""
    assert "20%" in sample_note(DEMO)
    assert "%" not in sample_note(replace(DEMO, visit_share=1.0))


@pytest.mark.parametrize("payor", PAYORS)
def test_payor_file_and_bridge(default_world: World, payor: str) -> None:
    folder = default_world.out / "payors"
    told = yaml.safe_load((folder / f"{payor}.yml").read_text())
    assert told["payor"] == payor
    assert isinstance(told["fees"]["pepm"], str)
    assert told["sample_note"].startswith("Enriched sample of simulated")
    with (folder / told["procedure_bridge"]).open() as stream:
        families = {row["family_id"] for row in csv.DictReader(stream)}
    assert ("hysterectomy" in families) == (payor != "rheinland")
