"""The worklist of readers over published cases, out by the verb and in again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from tests.warehouse.conftest import Night
from warehouse.connection import connect

pytestmark = pytest.mark.warehouse


@pytest.fixture
def published(night: Night) -> Night:
    """Two cases, each a flip: the hand-made facts are true in every flag."""
    night.whole({"a": 1, "b": 2})
    with connect(night.settings) as conn:
        for statement in (
            "update mart.fct_second_opinion set consultation_id = 'c-' || case_key",
            "update mart.fct_diagnosis_change set opinion_pair = 'initial_final'",
        ):
            conn.execute(f"{statement} where payor_id = %s".encode(), (night.payor,))
    return night


def asked(night: Night, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["adjudicate", "list", "--payor", night.payor, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def fill(night: Night, path: Path, **reads: tuple[str, str, str]) -> int:
    """Write what readers say, consultation -> (reader, role, class), and record it."""
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    for row in rows:
        said = reads.get(row["consultation_id"].replace("-", "_"))
        if said:
            row["reader"], row["reader_role"], row["class"] = said
            grade = "0" if said[2] == "confirmed" else "3"
            row |= {"grade": grade, "reason_code": "second_read", "read_on": "2026-07-05"}
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return main(["adjudicate", "record", "--payor", night.payor, str(path)])


def test_the_list_is_private_and_does_not_tell_the_machines_class(
    published: Night, tmp_path: Path
) -> None:
    path = tmp_path / "reads.csv"
    arguments = ["adjudicate", "list", "--payor", published.payor, "--out", str(path)]
    assert main(arguments) == 0
    assert path.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [(row["consultation_id"], row["why"]) for row in rows] == [
        ("c-a", "behaviour_flip"),
        ("c-b", "behaviour_flip"),
    ]
    assert not {"machine_class", "final_class"} & rows[0].keys()


def test_two_reads_then_a_dispute_then_an_end(
    published: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reads.csv"

    def listed() -> None:
        main(["adjudicate", "list", "--payor", published.payor, "--out", str(path)])
        capsys.readouterr()

    listed()
    one = "r1", "physician", "changed"
    assert fill(published, path, c_a=one, c_b=one) == 0
    assert "2 reads recorded" in capsys.readouterr().out
    assert [(row["reads"], row["reads_wanted"]) for row in asked(published, capsys)] == [
        (1, 2),
        (1, 2),
    ]
    listed()
    fill(published, path, c_a=("r2", "coder", "changed"), c_b=("r2", "coder", "confirmed"))
    capsys.readouterr()
    left = asked(published, capsys)
    assert [(row["consultation_id"], row["why"]) for row in left] == [("c-b", "dispute")]
    listed()
    fill(published, path, c_b=("chair", "adjudicator", "confirmed"))
    capsys.readouterr()
    assert asked(published, capsys) == []


def test_a_bad_file_ends_with_an_error_and_its_place(
    published: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reads.csv"
    main(["adjudicate", "list", "--payor", published.payor, "--out", str(path)])
    assert fill(published, path, c_a=("r1", "physician", "Canary")) == 1
    said = capsys.readouterr().err
    assert "A-READ" in said and "line 2 class" in said and "Canary" not in said
