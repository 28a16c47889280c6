"""Files of the canonical layouts, written piece by piece, byte for byte alike."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO

from simulation.layouts import header, money
from simulation.profiles import Profile

TRAILER = "#TRAILER"
_CONTROLLED = frozenset({"medical_claim", "pharmacy_claim"})


class FeedFile:
    """One open file of a feed; `close` writes the trailer where the layout has one.

    `rows` counts every data row; `control` sums paid minor units of claim rows.
    """

    def __init__(self, path: Path, feed: str, profile: Profile) -> None:
        self.path, self.feed, self._profile = path, feed, profile
        self.rows = self.control = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._raw: IO[bytes] = path.open("wb")
        self._out: IO[bytes] = self._raw
        if profile.compressed(feed):
            self._out = gzip.GzipFile(
                filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0
            )  # type: ignore[assignment]
        self._line(header(feed, profile))

    def write(self, text: str, rows: int, control: int = 0) -> None:
        """Finished lines."""
        self._out.write(text.encode())
        self.rows += rows
        self.control += control

    def _line(self, values: tuple[str, ...]) -> None:
        profile, feed = self._profile, self.feed
        line = profile.delimiter_of(feed).join(values) + profile.newline_of(feed)
        self._out.write(line.encode())

    def close(self) -> None:
        """Write the trailer and close."""
        if self._profile.has_trailer(self.feed):
            units = self._profile.minor_units
            total = money(self.control, units) if units else f"{self.control}.00"
            controlled = self.feed in _CONTROLLED
            self._line((TRAILER, str(self.rows), total if controlled else ""))
        if self._out is not self._raw:
            self._out.close()
        self._raw.close()


def miscount_trailer(path: Path) -> None:
    """Make the trailer of a plain file claim two rows too many."""
    mark = TRAILER.encode()
    content = path.read_bytes()
    cut = content.rindex(mark)
    name, count, total = content[cut:].decode().rstrip("\n").split(",")
    path.write_bytes(content[:cut] + f"{name},{int(count) + 2},{total}\n".encode())


def truncate(path: Path) -> None:
    """Cut a file as a broken transfer does."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
