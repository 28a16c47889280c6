"""A reference file as lines or as a table, whatever it is packed in, with its checksum.

Reference files hold no personal data and are small (a hundred thousand rows): they are read whole.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import FileUnreadableError, Refused
from ingestion.footer import MAGIC as PARQUET
from ingestion.stream import TextFile
from warehouse.codebook.errors import ReferenceRefused

CONTAINERS = ("plain", "gzip", "zip")
TITLE_LINES = 4


@dataclass(frozen=True)
class Table:
    """titles: texts above the header; header: names in lower case, words joined by `_`;
    rows: (line, cells), as many cells as the header has names."""

    titles: str
    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]

    def column(self, name: str) -> int:
        """Place of a column. Raises ReferenceRefused."""
        if name not in self.header:
            raise ReferenceRefused("E-REF-FORMAT", 1)
        return self.header.index(name)


def read_lines(path: Path) -> list[str]:
    """All lines of a text file without their ends. Raises ReferenceRefused."""
    try:
        return [line for block in TextFile(path, CONTAINERS).blocks() for line in block.lines]
    except Refused as refused:
        code = "E-REF-EMPTY" if refused.code == "E-EMPTY" else "E-REF-UNREADABLE"
        raise ReferenceRefused(code) from None
    except FileUnreadableError:
        raise ReferenceRefused("E-REF-UNREADABLE") from None


def read_table(path: Path, *keys: str) -> Table:
    """A comma-separated or Parquet file; the header is the first line with one of the columns.

    Raises ReferenceRefused.
    """
    if path.is_file() and path.open("rb").read(len(PARQUET)) == PARQUET:
        return _read_parquet(path, keys)
    records = enumerate(_records(read_lines(path)), 1)
    titles: list[str] = []
    for _, cells in records:
        header = tuple(name_of(cell) for cell in cells)
        if set(keys) & set(header):
            return _checked(Table("\n".join(titles), header, [r for r in records if any(r[1])]))
        titles.append(" ".join(cells))
        if len(titles) > TITLE_LINES:
            break
    raise ReferenceRefused("E-REF-FORMAT", 1)


def name_of(text: str) -> str:
    """A column's name: lower case, everything but letters and digits becomes one `_`."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def sha256(path: Path) -> str:
    """Of the file as it is. Raises ReferenceRefused."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        raise ReferenceRefused("E-REF-UNREADABLE") from None


def _records(lines: Iterable[str]) -> Iterable[list[str]]:
    """Cells without the single quotes that some publishers put round codes."""
    try:
        for cells in csv.reader(lines, strict=True):
            yield [cell.strip().strip("'").strip() for cell in cells]
    except csv.Error:
        raise ReferenceRefused("E-REF-FORMAT") from None


def _checked(table: Table) -> Table:
    width = len(table.header)
    for line, cells in table.rows:
        if len(cells) != width:
            raise ReferenceRefused("E-REF-FORMAT", line)
    if not table.rows:
        raise ReferenceRefused("E-REF-EMPTY")
    return table


def _read_parquet(path: Path, keys: tuple[str, ...]) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        found = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError):
        raise ReferenceRefused("E-REF-UNREADABLE") from None
    header = tuple(name_of(name) for name in found.column_names)
    if not set(keys) & set(header):
        raise ReferenceRefused("E-REF-FORMAT", 1)
    columns = [[_text(value) for value in column.to_pylist()] for column in found.columns]
    rows = [(n, list(cells)) for n, cells in enumerate(zip(*columns, strict=True), 2)]
    return _checked(Table("", header, rows))


def _text(value: object) -> str:
    """Missing values that were written as text are empty again."""
    text = "" if value is None else str(value)
    return "" if text == "nan" else text
