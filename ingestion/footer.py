"""The footer of a Parquet file, read by ourselves before any library sees it.

The footer is a Thrift struct in the compact protocol (Apache Parquet format, `FileMetaData`). It is
read here because the library ends the process on some footers instead of raising an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from ingestion.errors import Refused

MAGIC, ENCRYPTED_MAGIC = b"PAR1", b"PARE"
TAIL = 8  # four bytes of length, four of magic
FOOTER_LIMIT = 16 << 20
DEPTH_LIMIT = 32
# Ids of fields, as the format numbers them.
ROWS, GROUPS, ENCRYPTION = 3, 4, 8  # of the file
COLUMNS, GROUP_BYTES = 1, 2  # of a row group
FILE_PATH, METADATA, CRYPTO = 1, 3, 8  # of a column chunk
CHUNK_BYTES = 6  # of its metadata
# Types of the compact protocol.
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
INTEGERS = (4, 5, 6)


@dataclass(frozen=True)
class Footer:
    """rows: of the file; group_bytes: size of each row group before compression."""

    rows: int
    group_bytes: tuple[int, ...]


def is_table(start: bytes) -> bool:
    """Whether plaintext begins as Parquet, readable or encrypted."""
    return start.startswith((MAGIC, ENCRYPTED_MAGIC))


def read_footer(file: IO[bytes]) -> Footer:
    """Leaves the file at its beginning. Raises Refused: E-TRUNC, E-CRYPT, E-PARQUET."""
    data = _bytes_of(file)
    try:
        fields = _Compact(data).struct()
        groups = [one for one in fields.get(GROUPS, []) if isinstance(one, dict)]
        chunks = [chunk for group in groups for chunk in group.get(COLUMNS, [])]
        if ENCRYPTION in fields or any(CRYPTO in chunk for chunk in chunks):
            raise Refused("E-CRYPT")
        if any(FILE_PATH in chunk or METADATA not in chunk for chunk in chunks):
            raise Refused("E-PARQUET")  # content outside this file is never read
        return Footer(int(fields[ROWS]), tuple(map(_size, groups)))
    except (IndexError, KeyError, TypeError, ValueError, AttributeError):
        raise Refused("E-PARQUET") from None


def _size(group: dict[int, Any]) -> int:
    sizes = [int(chunk[METADATA][CHUNK_BYTES]) for chunk in group[COLUMNS]]
    if min(sizes, default=0) < 0:
        raise ValueError
    return max(int(group[GROUP_BYTES]), sum(sizes))


def _bytes_of(file: IO[bytes]) -> bytes:
    """The footer's own bytes, if both ends of the file are those of Parquet."""
    if file.read(len(MAGIC)) == ENCRYPTED_MAGIC:
        raise Refused("E-CRYPT")
    size = file.seek(0, 2)
    if size < len(MAGIC) + TAIL:
        raise Refused("E-TRUNC", found="truncated")
    file.seek(size - TAIL)
    tail = file.read(TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - len(MAGIC) - TAIL:
        raise Refused("E-TRUNC", found="truncated")
    if length > FOOTER_LIMIT:
        raise Refused("E-PARQUET", found="too-long")
    file.seek(size - TAIL - length)
    data = file.read(length)
    file.seek(0)
    return data


class _Compact:
    """Thrift's compact protocol as plain values: structs are dicts by field id.

    Raises IndexError and ValueError for what is none.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._depth = 0

    def struct(self) -> dict[int, Any]:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise ValueError
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._integer()
            fields[number] = kind == TRUE if kind in (TRUE, FALSE) else self._value(kind)
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> Any:
        if kind in INTEGERS:
            return self._integer()
        if kind == BINARY:
            return self._take(self._varint())
        if kind == STRUCT:
            return self.struct()
        if kind in (LIST, SET):
            return list(self._items())
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind == DOUBLE:
            return self._take(8)
        raise ValueError  # no map stands in a footer

    def _items(self) -> Iterator[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._varint()
        if count > len(self._data):
            raise ValueError
        for _ in range(count):
            yield self._value(kind)

    def _take(self, length: int) -> bytes:
        start, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise ValueError
        return self._data[start : self._at]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
