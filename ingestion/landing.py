"""The landing folder: which files lie there. Contents decide what is new, names never do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

MARKERS = (".done", ".ok", ".ready", ".complete")
NO_DELIVERY = (".part", ".tmp", ".asc", ".sig", *MARKERS)


def discover(landing_dir: str | Path, payor: str, feeds: Iterable[str]) -> list[tuple[str, Path]]:
    """(feed, path) of every file under landing/<payor>/<feed>/, in feed order, then by name.

    Hidden files and names ending in .part or .tmp are uploads in progress and left out, and so are
    markers and signatures, which belong to another file.
    """
    found = []
    for feed in feeds:
        folder = Path(landing_dir) / payor / feed
        files = (path for path in folder.glob("*") if path.is_file() and is_complete(path))
        found += [(feed, path) for path in sorted(files)]
    return found


def is_complete(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix not in NO_DELIVERY
