"""Hashes of the files in landing, remembered so that a night reads only what is new.

What is remembered lies in each feed's folder and saves time only: without it, or with a file whose
size, inode or times differ in the least, the file is read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from ingestion.errors import FileUnreadableError

MEMORY = ".fingerprints.json"
Known = dict[str, tuple[list[int], str]]


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes as they lie there. Raises FileUnreadableError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadableError(error.errno) from None


def fingerprints(paths: Iterable[Path]) -> dict[Path, str]:
    """Hash of each file. Raises FileUnreadableError."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    return {path: digest for folder in folders for path, digest in _folder(folder, folders[folder])}


def _folder(folder: Path, paths: list[Path]) -> list[tuple[Path, str]]:
    known, now = _remembered(folder), {}
    for path in paths:
        identity = _identity(path)
        before = known.get(path.name)
        same = before is not None and before[0] == identity
        now[path.name] = identity, before[1] if before and same else file_sha256(path)
    if now != known:
        _remember(folder, now)
    return [(path, now[path.name][1]) for path in paths]


def _identity(path: Path) -> list[int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise FileUnreadableError(error.errno) from None
    return [stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns]


def _remembered(folder: Path) -> Known:
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        stored = json.loads((folder / MEMORY).read_text(encoding="utf-8"))
        return {name: (list(identity), str(digest)) for name, (identity, digest) in stored.items()}
    return {}


def _remember(folder: Path, known: Known) -> None:
    """Keeps the memory if the folder allows it; landing may be read-only."""
    draft = folder / f"{MEMORY}.{os.getpid()}"
    with contextlib.suppress(OSError):
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(known, stream)
        draft.replace(folder / MEMORY)
