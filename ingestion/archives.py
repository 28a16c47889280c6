"""The one file inside a zip archive, with every name and size distrusted."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ingestion.errors import Refused

# Entries beyond this are not even looked at one by one.
MEMBER_LIMIT = 1000
# What a packing system adds beside the file; never read.
IGNORED = "__MACOSX/"
DRIVE = 1  # position of the colon in "C:..."


def member(path: Path, size: int) -> Iterator[bytes]:
    """The plaintext of a zip's only file, in pieces of at most `size` bytes.

    Raises Refused: E-PATH (names, links, duplicates), E-BOMB (members), E-CRYPT, E-TRUNC. Declared
    sizes are not believed: the caller counts what really comes out.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_only_file(archive)) as file:
            yield from _pieces(file, size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise Refused("E-TRUNC", found="truncated") from None
    except (NotImplementedError, RuntimeError):
        # encrypted, or a method this Python does not have
        raise Refused("E-CRYPT") from None


def _pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) > MEMBER_LIMIT:
        raise Refused("E-BOMB", found=f"count({len(entries)})")
    names = [entry.orig_filename for entry in entries]
    if len(set(names)) < len(names):
        raise Refused("E-PATH", found="duplicate")
    for entry in entries:
        _judge(entry)
    files = [e for e in entries if not e.is_dir() and not e.filename.startswith(IGNORED)]
    if not files:
        raise Refused("E-EMPTY", found="empty")
    if len(files) > 1:
        raise Refused("E-BOMB", found=f"count({len(files)})")
    return files[0]


def _judge(entry: zipfile.ZipInfo) -> None:
    """Raises Refused E-PATH for a name that leaves its folder or is no plain file or folder."""
    name = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if (
        not name.isprintable()
        or name.startswith(("/", "\\"))
        or name[DRIVE : DRIVE + 1] == ":"
        or ".." in name.replace("\\", "/").split("/")
        or kind not in (0, stat.S_IFREG, stat.S_IFDIR)
    ):
        raise Refused("E-PATH", found="out-of-range")
