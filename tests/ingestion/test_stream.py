"""Bytes become bounded blocks of lines, whatever way they are cut, packed or poisoned."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import stream
from ingestion.check import check_file
from ingestion.errors import FileUnreadableError, Refused
from ingestion.stream import TextFile
from tests.ingestion.bad_files import GOOD
from tests.ingestion.files import put


def read(path: Path) -> tuple[list[str], TextFile]:
    file = TextFile(path)
    return [line for block in file.blocks() for line in block.lines], file


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
@pytest.mark.parametrize("packing", ["plain", "gzip", "members"])
def test_blocks_do_not_depend_on_their_size(
    size: int, packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(f"line {n} äöü €\r\n" for n in range(50)).encode()
    parts = {"plain": text, "gzip": gzip.compress(text),
             "members": gzip.compress(text[:99]) + gzip.compress(text[99:])}  # fmt: skip
    monkeypatch.setattr(stream, "BLOCK", size)
    path = put(tmp_path, parts[packing])
    if size == 1 and packing != "plain":
        return  # one byte does not show what a file is
    lines, file = read(path)
    assert lines == [f"line {n} äöü €" for n in range(50)]
    assert file.plaintext_sha256 == hashlib.sha256(text).hexdigest()
    assert file.file_sha256 == hashlib.sha256(parts[packing]).hexdigest()
    assert (file.lines, file.plaintext_bytes) == (50, len(text))


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "RATIO_FROM", 1 << 20)
    path = put(tmp_path, gzip.compress(b"a,b,c\n" * (1 << 20)))
    with pytest.raises(Refused) as refusal:
        read(path)
    assert refusal.value.code == "E-BOMB"


def test_memory_is_bounded_by_the_line_limit(tmp_path: Path) -> None:
    path = put(tmp_path, gzip.compress(b"x" * (64 << 20)))
    tracemalloc.start()
    with pytest.raises(Refused) as refusal:
        read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.value.code == "Q-LEN"
    assert peak < 16 << 20


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))))
def test_garbage_ends_in_a_report(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, bytes]]
) -> None:
    content = bytearray(GOOD)
    for at, new in edits:
        content[at : at + len(new)] = new
    path = put(tmp_path_factory.getbasetemp(), bytes(content))
    report = check_file(path, "canonical_csv")
    assert report.refused or report.rows == report.accepted + sum(report.quarantined.values())
    assert report.refused is None or report.accepted == 0


def test_an_unreadable_file_is_not_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadableError) as error:
        read(tmp_path / "Ada_Lovelace.csv")
    assert error.value.errno == 2
    assert "Ada" not in str(error.value)
