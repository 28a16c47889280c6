"""What the default world contains, and that a seed decides every byte of it."""

from __future__ import annotations

import ast
import hashlib
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from simulation import OutputInUse, simulate, world
from simulation.layouts import COLUMNS
from simulation.oracle.diagnosis import CLASSES
from simulation.oracle.statuses import STATUSES
from simulation.parameters import WorldTooSmall
from simulation.profiles import ARCHETYPES
from tests.simulation.conftest import PAYORS, World, read_rows

ROOT = Path(__file__).resolve().parents[2]


def fingerprint(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_and_another_seed_differs(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        simulate(tmp_path / name, members=120, nights=3, seed=seed, theta_draws=200)
    first, again, other = (fingerprint(tmp_path / name) for name in ("one", "two", "three"))
    assert first == again
    assert len(first) > 20
    assert first["truth.json"] != other["truth.json"]


def test_an_earlier_world_is_replaced_and_other_files_are_not(tmp_path: Path) -> None:
    simulate(tmp_path / "w", members=60, nights=2, payors=1)
    simulate(tmp_path / "w", members=60, nights=1, payors=1)
    assert [path.name for path in (tmp_path / "w" / "nights").iterdir()] == ["2026-07-01"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(OutputInUse):
        simulate(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"


@pytest.mark.parametrize("sizes", [(0, 10, 1), (1, 0, 1), (1, 10, -1)])
def test_sizes_below_one_are_refused(tmp_path: Path, sizes: tuple[int, int, int]) -> None:
    with pytest.raises(WorldTooSmall):
        simulate(tmp_path / "w", *sizes)
    assert not (tmp_path / "w").exists()


def test_memory_does_not_grow_with_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "BLOCK_MEMBERS", 50)
    peaks = []
    for members in (100, 350):
        tracemalloc.start()
        simulate(tmp_path / str(members), payors=1, members=members, nights=2, theta_draws=50)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0]


def test_progress_reports_every_payor_to_its_end(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    simulate(
        tmp_path / "w", payors=3, members=60, nights=1, progress=lambda *step: heard.append(step)
    )
    assert heard == [(name, 60, 60) for name in ("northlake", "rheinland", "hokkai")]


@pytest.mark.parametrize("payor", PAYORS)
def test_every_class_and_status_occurs(default_world: World, payor: str) -> None:
    first = default_world.night(payor, 0)
    assert set(first["diagnosis"].values()) == set(CLASSES)
    assert set(default_world.statuses(payor, 0)) == set(STATUSES)
    assert first["consultations"]["delivered"] >= 400
    assert min(first["consultations"].values()) > 0


@pytest.mark.parametrize("payor", PAYORS)
def test_class_shares_are_near_the_parameters(default_world: World, payor: str) -> None:
    classes = Counter(default_world.night(payor, 3)["diagnosis"].values())
    share = {name: count / classes.total() for name, count in classes.items()}
    assert 0.42 < share["confirmed"] < 0.66
    assert 0.17 < share["refined"] < 0.36
    assert 0.07 < share["changed"] < 0.24
    assert 0.02 < share["undetermined"] < 0.13


def test_a_family_without_bridge_is_never_called_avoided(default_world: World) -> None:
    rows = [
        row["status"]
        for index in range(4)
        for case in default_world.night("rheinland", index)["procedures"].values()
        for row in case
        if row["family"] == "hysterectomy"
    ]
    assert len(rows) >= 40
    assert set(rows) <= {"unverifiable", "censored_death", "censored_disenrolled"}
    assert "unverifiable" in rows


SLICES = {
    "delivery_mode": {"in_person", "telephonic", "online_virtual"},
    "delivery_submode": {"", "asynchronous_record_review", "video"},
    "service_type": {"single_specialty", "multidisciplinary"},
    "end_user": {"hospital_clinic", "diagnostic_centre", "insurer_payor", "patient_direct"},
    "initiation": {
        "patient",
        "treating_physician",
        "payor_encouraged",
        "payor_mandated",
        "statutory",
    },
    "ai_assisted": {"yes", "no", ""},
    "specialty": {"orthopaedics", "neurosurgery", "general_surgery", "gynaecology"},
}


@pytest.mark.parametrize("payor", PAYORS)
def test_every_slice_value_occurs(default_world: World, payor: str) -> None:
    folder = default_world.out / "nights" / "2026-07-01" / payor / "consultation"
    delivered = [
        row
        for path in folder.iterdir()
        for row in read_rows(path)[0]
        if row["status"] == "delivered"
    ]
    for column, values in SLICES.items():
        assert {row[column] for row in delivered} == values
    assert len({row["vendor_id"] for row in delivered}) == 3


@pytest.mark.parametrize("payor", PAYORS)
def test_statuses_move_between_nights(default_world: World, payor: str) -> None:
    moved: Counter[tuple[str, str]] = Counter()
    for index in range(3):
        before, after = (default_world.night(payor, n)["procedures"] for n in (index, index + 1))
        for case in before.keys() & after.keys():
            for old, new in zip(before[case], after[case], strict=True):
                moved[old["status"], new["status"]] += old["status"] != new["status"]
    assert moved["not_performed_confirmed", "performed_as_proposed"] >= 1
    assert moved["not_performed_provisional", "performed_as_proposed"] >= 1
    assert moved["not_performed_provisional", "not_performed_confirmed"] >= 3
    assert moved["not_performed_provisional", "censored_death"] >= 1
    assert moved["not_performed_provisional", "censored_disenrolled"] >= 1
    assert moved["unverifiable", "not_performed_confirmed"] >= 1
    assert moved["performed_as_proposed", "not_performed_confirmed"] >= 1


def test_the_quiet_night_matures_cases_without_files(default_world: World) -> None:
    quiet, before = default_world.night("northlake", 2), default_world.night("northlake", 1)
    assert quiet["files"] == {}
    assert not (default_world.out / "nights" / "2026-07-03" / "northlake").exists()
    assert quiet["final_claims"] == before["final_claims"]
    confirmed = [
        default_world.statuses("northlake", n).count("not_performed_confirmed") for n in (1, 2)
    ]
    assert confirmed[1] >= confirmed[0] + 2


def test_it_shares_no_code_with_the_product() -> None:
    product = {"dbt", "evaluation", "expectations", "ingestion", "pipeline", "reports", "warehouse"}
    files = sorted((ROOT / "simulation").rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & product, path.name


def test_bytes_do_not_depend_on_the_number_of_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "BLOCK_MEMBERS", 60)
    for name, workers in (("one", 1), ("two", 2)):
        simulate(tmp_path / name, payors=2, members=240, nights=2, workers=workers, theta_draws=200)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")


def test_all_feeds_of_all_regions(tmp_path: Path) -> None:
    out = tmp_path / "w"
    simulate(out, payors=7, members=240, nights=2, feeds="all", theta_draws=100)
    folders = sorted((out / "nights" / "2026-07-01").iterdir())
    assert len(folders) == 7
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == set(COLUMNS)
    assert (out / "nights/2026-07-01/eastharbor/medical_claim").is_dir()
    text = next((out / "nights/2026-07-01/eastharbor/medical_claim").iterdir()).read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") > 100 and b"#TRAILER" not in text
    currencies = {one.currency: one.minor_units for one in ARCHETYPES}
    assert set(currencies.values()) == {0, 2, 3}
    assert len({one.region for one in ARCHETYPES}) == 5
