"""Uploads in progress and exports that are not complete wait; they are not taken in by half."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from ingestion.landing import discover
from ingestion.manifests import judge_exports
from ingestion.settling import settled
from ingestion.terms import Deliveries

LAYOUTS = {"medical_claim": "fhir_r4", "eligibility": "canonical_csv"}
AGREED = Deliveries(manifest_days=2)


def put(folder: Path, name: str, content: bytes = b"{}\n") -> Path:
    path = folder / "north" / "medical_claim" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(folder: Path) -> list[tuple[str, Path]]:
    return discover(folder, "north", ["medical_claim", "eligibility"])


@pytest.mark.case(11)
def test_a_file_that_still_grows_waits(tmp_path: Path) -> None:
    still, growing = put(tmp_path, "still.csv"), put(tmp_path, "growing.csv")
    gone = put(tmp_path, "gone.csv")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        growing.write_bytes(b"more than before")
        gone.unlink()

    files = found(tmp_path)
    taken = settled(files, Deliveries(complete="stable", settle_seconds=7), pause)
    assert (taken, pauses) == ([("medical_claim", still)], [7])
    assert settled(files, Deliveries(), pause) == files
    assert pauses == [7]


@pytest.mark.case(11)
def test_a_file_without_its_marker_waits(tmp_path: Path) -> None:
    done, _ = put(tmp_path, "done.csv"), put(tmp_path, "open.csv")
    put(tmp_path, "done.csv.ready")
    agreed = Deliveries(complete="marker", marker=".ready")
    assert settled(found(tmp_path), agreed) == [("medical_claim", done)]


def manifest(folder: Path, *names: str, errors: int = 0, **more: object) -> Path:
    content = {
        "transactionTime": "2026-07-01T02:00:00Z",
        "output": [{"type": "Claim", "url": f"https://example.org/x/{name}"} for name in names],
        "error": [{"url": "https://example.org/e"}] * errors,
        **more,
    }
    return put(folder, "manifest.json", json.dumps(content).encode())


@pytest.mark.case(54)
@pytest.mark.parametrize(("listed", "more", "problem"), [
    (("a.ndjson", "b.ndjson", "c.ndjson"), {}, "missing(1)"),
    (("a.ndjson", "b.ndjson"), {"link": [{"relation": "next", "url": "x"}]}, "truncated"),
])  # fmt: skip
def test_an_incomplete_export_waits_and_is_refused_at_its_deadline(
    listed: tuple[str, ...], more: dict[str, object], problem: str, tmp_path: Path
) -> None:
    files = [put(tmp_path, name) for name in ("a.ndjson", "b.ndjson")]
    manifest(tmp_path, *listed, **more)
    wanted = [("medical_claim", path) for path in files]
    names = {path.name for path in files}
    early = judge_exports(found(tmp_path), names, LAYOUTS, AGREED, date(2026, 7, 3))
    assert (early.ready, early.waiting) == ([], wanted)
    late = judge_exports(found(tmp_path), names, LAYOUTS, AGREED, date(2026, 7, 4))
    assert (late.ready, late.waiting) == (wanted, [])
    assert [(r.code, r.found) for r in late.against.values()] == [("F-MANIFEST", problem)] * 2


@pytest.mark.case(54)
def test_a_file_that_no_manifest_lists_waits(tmp_path: Path) -> None:
    listed, surplus = put(tmp_path, "a.ndjson"), put(tmp_path, "z.ndjson")
    plan = manifest(tmp_path, "a.ndjson")
    os.utime(surplus, ns=(1, 1))
    judged = judge_exports(found(tmp_path), {"a.ndjson"}, LAYOUTS, AGREED, date(2026, 7, 2))
    assert judged.ready == [("medical_claim", listed)]
    assert judged.waiting == [("medical_claim", surplus)]
    late = judge_exports(found(tmp_path), {"a.ndjson"}, LAYOUTS, AGREED, date(2026, 7, 9))
    assert late.against[surplus].code == "F-MANIFEST"
    # a file that came after the manifest may be of the next export
    os.utime(plan, ns=(0, 0))
    later = judge_exports(found(tmp_path), {"a.ndjson"}, LAYOUTS, AGREED, date(2026, 7, 9))
    assert later.waiting == [("medical_claim", surplus)]


@pytest.mark.case(54)
def test_without_an_agreement_no_manifest_is_looked_for(tmp_path: Path) -> None:
    put(tmp_path, "a.ndjson")
    manifest(tmp_path, "b.ndjson")
    judged = judge_exports(found(tmp_path), set(), LAYOUTS, Deliveries(), date(2026, 7, 9))
    assert judged.ready == found(tmp_path)
    alone = judge_exports(found(tmp_path)[:1], set(), LAYOUTS, AGREED, date(2026, 7, 9))
    assert (alone.ready, len(alone.waiting)) == ([], 1)


@pytest.mark.case(55)
def test_an_export_with_fatal_outcomes_is_held(tmp_path: Path) -> None:
    path = put(tmp_path, "a.ndjson")
    manifest(tmp_path, "a.ndjson", errors=3)
    judged = judge_exports(found(tmp_path), {"a.ndjson"}, LAYOUTS, AGREED, date(2026, 7, 2))
    assert judged.ready == [("medical_claim", path)]
    held = judged.against[path]
    assert (held.code, held.found, type(held).__name__) == ("F-ERROR", "count(3)", "Held")
