"""Files of the canonical layouts, written row by row in constant memory, byte for byte alike."""

from __future__ import annotations

import csv
import gzip
import io
from operator import itemgetter
from pathlib import Path
from typing import IO

from simulation.layouts import COLUMNS, header, money
from simulation.profiles import Profile

TRAILER = "#TRAILER"
_CONTROLLED = "medical_claim"


class RowFile:
    """One open file of a feed; `close` writes the trailer.

    `rows` counts every data row; `control` sums paid cents of claim rows.
    """

    def __init__(self, path: Path, feed: str, profile: Profile) -> None:
        columns = header(feed, profile)
        self.path, self.feed = path, feed
        self.rows = 0
        self.control = 0
        self._order = itemgetter(*(COLUMNS[feed].index(column) for column in columns))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._raw: IO[bytes] = path.open("wb")
        packed: IO[bytes] = self._raw
        if profile.compressed:
            packed = gzip.GzipFile(
                filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0
            )  # type: ignore[assignment]
        self._text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        self._csv = csv.writer(self._text, delimiter=profile.delimiter, lineterminator="\n")
        self._csv.writerow(columns)

    def write(self, values: list[str], paid: int = 0) -> None:
        """One row in the feed's own column order."""
        self._csv.writerow(self._order(values))
        self.rows += 1
        self.control += paid

    def write_wide(self, values: list[str]) -> None:
        """A row with one field too many."""
        self._csv.writerow([*self._order(values), "0"])
        self.rows += 1

    def close(self) -> None:
        """Write the trailer and close."""
        total = money(self.control) if self.feed == _CONTROLLED else ""
        self._csv.writerow([TRAILER, str(self.rows), total])
        self._text.close()
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
