"""Parquet as comma-separated lines: a container like an archive, with every size distrusted.

A file is read a few thousand rows at a time, page by page; its own footer says where it ends and
how many rows it has, so a cut file is never taken for a shorter one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.cells import are_whole, is_number, plain_type, quoted, require_known, text_of
from ingestion.errors import Refused
from ingestion.footer import FOOTER_LIMIT, read_footer

COLUMN_LIMIT = 2000
# What writers make of one group of rows: 128 MB is usual, a million wide rows stay below this.
GROUP_LIMIT = 1 << 30
ROWS_AT_ONCE = 4096
# Text made at once, and the longest single cell, as in delimited files.
TEXT_AT_ONCE, CELL_LIMIT = 32 << 20, 1 << 20
BUFFER = 1 << 18
# pandas writes its row numbers as a column of its own
INDEX = re.compile(r"__index_level_\d+__")


class Table:
    """One Parquet file being rendered once.

    whole, broken: positions of columns that hold numbers, all of them whole or not; known in full
    after `chunks` is exhausted. Columns without any value are in neither.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Reads the footer. Raises Refused: E-TRUNC, E-CRYPT, E-PARQUET, E-NESTED, E-GROUP."""
        footer = read_footer(file)
        if max(footer.group_bytes, default=0) > GROUP_LIMIT:
            raise Refused("E-GROUP", found="too-long")
        self.whole: set[int] = set()
        self.broken: set[int] = set()
        self._file = _guarded(lambda: _open(file))
        metadata, schema = self._file.metadata, _guarded(lambda: self._file.schema_arrow)
        self._rows = footer.rows
        self._names = [name for name in schema.names if not INDEX.fullmatch(name)]
        if not self._names or metadata.num_columns > COLUMN_LIMIT:
            raise Refused("E-SCHEMA", 1, found=f"count({metadata.num_columns})")
        if len(set(schema.names)) < len(schema.names):
            raise Refused("E-SCHEMA", 1, found="duplicate")
        for name in self._names:
            if not name.isprintable():
                raise Refused("E-NAME", 1, found="control-char")
            require_known(schema.field(name).type)

    def chunks(self) -> Iterator[bytes]:
        """The header line, then lines of rows, in pieces of bounded size. Raises Refused."""
        yield (",".join(map(_quoted_name, self._names)) + "\n").encode()
        rows = 0
        batches = self._file.iter_batches(ROWS_AT_ONCE, columns=self._names, use_threads=False)
        while (batch := _guarded(lambda: next(batches, None))) is not None:
            rows += batch.num_rows
            yield from _guarded(partial(self._pieces_of, batch))
        if rows != self._rows:
            raise Refused("E-TRUNC", found=f"count({rows})")

    def _pieces_of(self, batch: pa.RecordBatch) -> list[bytes]:
        return list(self._lines(batch))

    def _lines(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """A batch in as many pieces as its text needs."""
        for piece in _pieces(batch):
            columns = [piece.column(at) for at in range(piece.num_columns)]
            for at, column in enumerate(columns):
                self._note(at, column)
            if columns and piece.num_rows:
                yield _joined([quoted(text_of(column)) for column in columns])

    def _note(self, at: int, column: pa.Array) -> None:
        if at in self.broken or not is_number(plain_type(column.type)):
            return
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if column.null_count < len(column):
            (self.whole if are_whole(column) else self.broken).add(at)


def _open(file: IO[bytes]) -> pq.ParquetFile:
    limits = {"thrift_string_size_limit": FOOTER_LIMIT, "thrift_container_size_limit": 1_000_000}
    columns = pq.ParquetFile(file, **limits).metadata.schema
    # texts stay in the file's dictionary until their size is known
    texts = [one.path for one in columns if one.physical_type == "BYTE_ARRAY"]
    return pq.ParquetFile(
        file,
        read_dictionary=texts,
        buffer_size=BUFFER,
        pre_buffer=False,
        coerce_int96_timestamp_unit="us",
        page_checksum_verification=True,
        **limits,
    )


def _guarded(step: Callable[[], Any]) -> Any:
    """A step of the library; what it does not read is refused without its words."""
    try:
        return step()
    except (MemoryError, pa.ArrowMemoryError):
        raise Refused("E-GROUP", found="out-of-range") from None
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        # the library's text quotes the file: only whether it speaks of encryption is looked at
        raise Refused("E-CRYPT" if "crypt" in str(error) else "E-PARQUET") from None


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch cut so that no piece becomes more than TEXT_AT_ONCE bytes of text."""
    if batch.num_rows < 2 or _text_size(batch) <= TEXT_AT_ONCE:
        yield batch
        return
    middle = batch.num_rows // 2
    yield from _pieces(batch.slice(0, middle))
    yield from _pieces(batch.slice(middle))


def _text_size(batch: pa.RecordBatch) -> int:
    """Bytes of the batch's texts, without making them. Raises Refused Q-LEN for a huge cell."""
    size = 0
    for at in range(batch.num_columns):
        column = batch.column(at)
        kind = plain_type(column.type)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
            size += _lengths(column)
    return size


def _lengths(column: pa.Array) -> int:
    if pa.types.is_dictionary(column.type):
        lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
    else:
        lengths = pc.binary_length(column)
    if (pc.max(lengths).as_py() or 0) > CELL_LIMIT:
        raise Refused("Q-LEN", found="too-long")
    return pc.sum(lengths).as_py() or 0


def _joined(cells: list[pa.Array]) -> bytes:
    """Lines of one batch, ended by LF."""
    lines = pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement="")
    ended = pc.binary_join_element_wise(lines, "", "\n").cast(pa.large_string())
    start, end = (ended.offset, ended.offset + len(ended))
    offsets = memoryview(ended.buffers()[1]).cast("q")
    return ended.buffers()[2][offsets[start] : offsets[end]].to_pybytes()


def _quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if re.search('[,"]', name) else name
