"""Which delivered files are whole: a contract says by what that shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ingestion.terms import Deliveries

WAITING = "I-WAIT"
Delivered = tuple[str, Path]


def settled(
    files: list[Delivered],
    deliveries: Deliveries,
    pause: Callable[[float], None] = time.sleep,
) -> list[Delivered]:
    """Those of the files whose upload has finished; the others are left for the next look (I-WAIT).

    stable: size and time of change are the same at two looks; marker: `<name><marker>` is there.
    """
    if deliveries.complete == "marker":
        return [
            (feed, path)
            for feed, path in files
            if path.with_name(path.name + deliveries.marker).is_file()
        ]
    if deliveries.complete == "immediate" or not files:
        return files
    before = [_look(path) for _, path in files]
    pause(deliveries.settle_seconds)
    pairs = zip(files, before, strict=True)
    return [one for one, then in pairs if then is not None and _look(one[1]) == then]


def _look(path: Path) -> tuple[int, int] | None:
    """Size and time of change; None when the file is gone."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns
