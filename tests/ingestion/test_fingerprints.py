"""Remembered hashes are right or not used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingestion import fingerprints as module
from ingestion.fingerprints import MEMORY, file_sha256, fingerprints


def test_a_known_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(path.name)
    first = fingerprints(paths)
    read: list[Path] = []

    def noted(path: Path) -> str:
        read.append(path)
        return file_sha256(path)

    monkeypatch.setattr(module, "file_sha256", noted)
    assert fingerprints(paths) == first == {path: file_sha256(path) for path in paths}
    assert read == []
    paths[1].write_text("B.csv")
    assert fingerprints(paths)[paths[1]] == file_sha256(paths[1])
    assert read == [paths[1]]


def test_the_same_size_and_time_is_not_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one")
    fingerprints([path])
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text("two")
    os.utime(path, ns=times)
    assert fingerprints([path])[path] == file_sha256(path)


@pytest.mark.parametrize("memory", ["", "{", "[]", '{"a.csv": 1}', '{"a.csv": [[1], "0"]}'])
def test_a_broken_memory_is_forgotten(memory: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one")
    (tmp_path / MEMORY).write_text(memory)
    assert fingerprints([path]) == {path: file_sha256(path)}
