"""The code revision follows what makes figures, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse import revision


def _tree(root: Path, model: str = "select 1", note: str = "") -> str:
    (root / "dbt_project" / "models").mkdir(parents=True)
    (root / "dbt_project" / "models" / "m.sql").write_text(model)
    (root / "docs").mkdir()
    (root / "docs" / "note.md").write_text(note)
    return revision.tree_hash(root)


def test_it_depends_on_content_only(tmp_path: Path) -> None:
    first = _tree(tmp_path / "a", note="x")
    assert _tree(tmp_path / "b", note="y") == first
    assert _tree(tmp_path / "c", model="select 2") != first


def test_it_can_be_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(revision.PIN, "v1")
    assert revision.code_revision() == "v1"
    monkeypatch.delenv(revision.PIN)
    assert len(revision.code_revision()) == 16
