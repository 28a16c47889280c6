"""What an installation holds: every package and every file that the code reads beside itself."""

from __future__ import annotations

import tomllib

from setuptools import find_namespace_packages

from pipeline.settings import ROOT

FIND = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
TOP = {"evaluation", "expectations", "ingestion", "linking", "pipeline", "reports", "simulation",
       "warehouse"}  # fmt: skip


def found() -> set[str]:
    rules = FIND["packages"]["find"]
    return set(find_namespace_packages(str(ROOT), rules["exclude"], rules["include"]))


def test_every_package_is_installed_and_nothing_else() -> None:
    made = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for name in TOP
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert {"ingestion.readers.x12", "simulation.oracle", "simulation.rivals"} <= made <= found()
    assert {name.split(".")[0] for name in found()} == TOP


def test_files_beside_the_code_go_with_their_package() -> None:
    kinds = {pattern.removeprefix("*") for pattern in FIND["package-data"]["*"]}
    beside = [
        path
        for name in TOP
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md")
    ]
    assert len(beside) > 40
    assert {path.suffix for path in beside} <= kinds
    homes = {".".join(path.parent.relative_to(ROOT).parts) for path in beside}
    assert homes <= found()
