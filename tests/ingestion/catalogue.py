"""The catalogue of bad input: every numbered case, and which tests hold it.

A test says which cases it holds with a marker whose numbers are written out, on the test, in
`pytestmark`, or on one `pytest.param`: `@pytest.mark.case(3, 5)`. The tests' source is read, not
run, so the table is the same whichever tests a run has chosen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CASES = range(1, 77)


def holders(folder: Path = TESTS) -> dict[int, list[str]]:
    """Case number -> ids of the tests (`tests/…/test_x.py::test_y`) that hold it, in order."""
    found: dict[int, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder.parent).as_posix()
        for number, test in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            tests = found.setdefault(number, [])
            node = f"{name}::{test}" if test else name
            if node not in tests:
                tests.append(node)
    return found


def _marks(tree: ast.AST, test: str = "") -> Iterator[tuple[int, str]]:
    """(case, test function) of every marker; the name is empty for a whole module."""
    for child in ast.iter_child_nodes(tree):
        inner = test
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{test}::{child.name}" if test else child.name
        if isinstance(child, ast.Call) and ast.unparse(child.func) == "pytest.mark.case":
            for argument in child.args:
                assert isinstance(argument, ast.Constant), "write the number of the case out"
                yield int(argument.value), test
        yield from _marks(child, inner)
