"""Reads by people: what is taken in, what is refused and how, and whose word decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.conftest import Night
from warehouse.adjudications import (
    COLUMNS,
    GRADE_RULE,
    AdjudicationError,
    Recorded,
    parse,
    record,
)
from warehouse.connection import connect

CANARY = "Jane-Q-Canary"


def row(case: str = "x", reader: str = "r1", name: str = "changed", **other: str) -> dict[str, str]:
    cells = {
        "consultation_id": case,
        "reader": reader,
        "reader_role": "physician",
        "class": name,
        "grade": "3",
        "reason_code": "imaging_reread",
        "read_on": "2026-07-05",
    }
    return cells | other


def text(*rows: dict[str, str]) -> bytes:
    lines = [",".join(COLUMNS), *(",".join(r[c] for c in COLUMNS) for r in rows)]
    return ("\n".join(lines) + "\n").encode()


def take(night: Night, folder: Path, *rows: dict[str, str]) -> Recorded:
    path = folder / "reads.csv"
    path.write_bytes(text(*rows))
    with connect(night.settings, "publisher") as conn:
        return record(conn, night.payor, path)


def adjudicated(night: Night) -> list[Any]:
    with connect(night.settings, "transformer") as conn:
        return conn.execute(
            "select adjudicated_class, adjudicated_grade, override_reason, adjudicator_role, reads,"
            " is_disputed from ops.adjudicated where payor_id = %s",
            (night.payor,),
        ).fetchall()


@pytest.fixture
def published(night: Night) -> Night:
    """One published case, whose consultation is `x`."""
    night.whole({"a": 1})
    return night


@pytest.mark.warehouse
def test_a_read_decides_and_restates_its_case(published: Night, tmp_path: Path) -> None:
    assert take(published, tmp_path, row(), row(name="")) == Recorded(1, 0, 1)
    assert adjudicated(published) == [("changed", 3, "imaging_reread", "physician", 1, False)]
    with connect(published.settings, "transformer") as conn:
        marked = conn.execute(
            "select entity, key from ops.change"
            " where payor_id = %s and cause = 'steward' and released_in is null",
            (published.payor,),
        ).fetchall()
    assert marked == [("case", "a")]


@pytest.mark.warehouse
def test_the_same_rows_again_are_no_second_read(published: Night, tmp_path: Path) -> None:
    take(published, tmp_path, row())
    assert take(published, tmp_path, row()) == Recorded(0, 1, 0)
    assert adjudicated(published)[0][4] == 1


@pytest.mark.warehouse
def test_agreeing_readers_sign_the_lower_grade(published: Night, tmp_path: Path) -> None:
    take(published, tmp_path, row(grade="4"), row(reader="r2", grade="2"))
    assert adjudicated(published)[0][:2] == ("changed", 2)


@pytest.mark.warehouse
def test_readers_who_differ_decide_nothing_until_the_adjudicator(
    published: Night, tmp_path: Path
) -> None:
    take(published, tmp_path, row(), row(reader="r2", name="confirmed", grade="0"))
    assert adjudicated(published) == [(None, None, None, None, 2, True)]
    word = row(reader="chair", name="refined", grade="1", reader_role="adjudicator")
    take(published, tmp_path, word | {"reason_code": "consensus"})
    assert adjudicated(published) == [("refined", 1, "consensus", "adjudicator", 3, False)]


@pytest.mark.warehouse
def test_a_reader_may_correct_a_read(published: Night, tmp_path: Path) -> None:
    take(published, tmp_path, row())
    take(published, tmp_path, row(name="refined", grade="1", read_on="2026-07-06"))
    assert adjudicated(published)[0][:2] == ("refined", 1)
    assert adjudicated(published)[0][4] == 1


@pytest.mark.warehouse
def test_an_unknown_case_takes_nothing_in(published: Night, tmp_path: Path) -> None:
    with pytest.raises(AdjudicationError) as raised:
        take(published, tmp_path, row(), row(case=CANARY))
    assert raised.value.problems == [(3, "consultation_id", "no published case has it")]
    assert CANARY not in str(raised.value)
    assert adjudicated(published) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reader", f"{CANARY} MD"),
        ("reader_role", CANARY),
        ("class", CANARY),
        ("grade", "5"),
        ("reason_code", CANARY),
        ("read_on", "2026-02-30"),
        ("read_on", "today"),
        ("consultation_id", " "),
    ],
)
def test_a_bad_cell_is_named_by_its_place(column: str, value: str) -> None:
    with pytest.raises(AdjudicationError) as raised:
        parse(text(row(), row(**{column: value})))
    assert [problem[:2] for problem in raised.value.problems] == [(3, column)]
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "grade"), [("confirmed", "3"), ("changed", "0"), ("undetermined", "1")]
)
def test_a_class_weighs_what_it_can(name: str, grade: str) -> None:
    """Line, column, the rule and what to correct; nothing of the file is taken in."""
    with pytest.raises(AdjudicationError) as raised:
        parse(text(row(), row(name=name, grade=grade)))
    assert raised.value.problems == [(3, "grade", GRADE_RULE)]
    assert "[A-READ]" in str(raised.value) and "correct the grade or the class" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "grade"), [("confirmed", "2"), ("changed", "1"), ("refined", "0"), ("refined", "4")]
)
def test_weights_that_a_class_can_have(name: str, grade: str) -> None:
    assert len(parse(text(row(name=name, grade=grade)))[0]) == 1


@pytest.mark.warehouse
def test_one_reader_who_saw_the_stage_only_is_enough(published: Night, tmp_path: Path) -> None:
    take(published, tmp_path, row(), row(reader="r2", reason_code="stage"))
    assert _stage_or_grade(published) is True
    word = row(reader="chair", reader_role="adjudicator", reason_code="consensus")
    take(published, tmp_path, word)
    assert _stage_or_grade(published) is False


def _stage_or_grade(night: Night) -> bool | None:
    with connect(night.settings, "transformer") as conn:
        found = conn.execute(
            "select is_stage_or_grade from ops.adjudicated where payor_id = %s", (night.payor,)
        ).fetchone()
    assert found is not None
    answer: bool | None = found[0]
    return answer


def test_a_column_that_is_missing() -> None:
    content = b"\n".join(line.rpartition(b",")[0] for line in text(row()).splitlines())
    with pytest.raises(AdjudicationError) as raised:
        parse(content)
    assert raised.value.problems == [(1, "read_on", "column is missing")]


@pytest.mark.parametrize("content", [b"\xff\xfe", b'consultation_id\n"a'])
def test_what_is_no_csv(content: bytes) -> None:
    with pytest.raises(AdjudicationError):
        parse(content)
