"""Files that hold data or secrets: readable by their owner only, whatever the process's umask."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
# Of child processes that write files of their own: dbt, gates, Airflow.
UMASK = 0o077


def private_folder(path: Path) -> Path:
    """The folder; it and the folders above it are made private where they are missing."""
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir(mode=FOLDER, exist_ok=True)
        missing.chmod(FOLDER)
    return path


def write_private(path: Path, content: bytes) -> None:
    """Writes a file in one step: readers see the old one or the new one."""
    scratch = path.with_name(f"{path.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    scratch.replace(path)
