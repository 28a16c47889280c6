"""Every case of the catalogue of bad input is held by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.catalogue import CASES, holders

HELD = holders()


@pytest.mark.parametrize("number", CASES)
def test_a_case_of_the_catalogue_has_a_test(number: int) -> None:
    assert HELD.get(number), f"no test says pytest.mark.case({number})"


def test_no_test_names_a_case_that_does_not_exist() -> None:
    assert sorted(set(HELD) - set(CASES)) == []


def test_markers_are_found_on_functions_params_and_modules(tmp_path: Path) -> None:
    source = """
import pytest
pytestmark = pytest.mark.case(9)
@pytest.mark.case(1, 2)
def test_one(): ...
@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.case(3))])
def test_two(x): ...
"""
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_made.py").write_text(source)
    assert holders(folder) == {
        9: ["tests/test_made.py"],
        1: ["tests/test_made.py::test_one"],
        2: ["tests/test_made.py::test_one"],
        3: ["tests/test_made.py::test_two"],
    }
