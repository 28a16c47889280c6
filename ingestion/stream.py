"""A file as bounded blocks of whole text lines, hashed on the way.

Everything about bytes is decided here: compression, encoding, control characters, line length.
Memory is bounded by the block and the longest line allowed, whatever the file is.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from ingestion import archives
from ingestion.errors import FileUnreadableError, Refused
from ingestion.footer import MAGIC, is_table

# Small enough for the processor's cache, large enough that a block costs little beside its lines.
BLOCK = 1 << 17
LINE_LIMIT = 1 << 20
PLAINTEXT_LIMIT = 64 << 30
# Real claim files compress 5 to 40 times; a bomb needs far more. Small files are left alone.
RATIO_LIMIT, RATIO_FROM = 100, 64 << 20
# Columns that repeat are next to nothing in Parquet and are written out in its lines.
TABLE_RATIO = 1000

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
UTF8_BOM = b"\xef\xbb\xbf"
WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# What is left after deleting these needs a closer look; deleting is the cheapest test there is.
ORDINARY = bytes(range(0x20, 0x7F)) + b"\t\n\r"
CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
LONE_CR = re.compile(rb"\r(?!\n|\Z)")
WIDE_CONTROL = re.compile("[\x80-\x9f\u2028\u2029]")


def container_of(start: bytes) -> str:
    """plain, gzip, zip or parquet, from a file's first bytes."""
    if start.startswith(GZIP):
        return "gzip"
    if start.startswith(ZIP):
        return "zip"
    return "parquet" if is_table(start) else "plain"


def is_xml(start: bytes) -> bool:
    """Whether plaintext begins as XML or HTML does. Nothing here ever parses such a file."""
    return start.lstrip()[:1] == b"<"


@dataclass
class Block:
    """Whole lines. first: 1-based number of the first one; data: UTF-8 with LF or CRLF line ends.

    ends_open: the last line is the file's last and has no end. count: of lines; who has counted
    them may say so.
    """

    first: int
    data: bytes
    ends_open: bool = False

    def require_whole_header(self) -> None:
        """Raises Refused E-TRUNC where a first line without an end is all there is: the names that
        are missing, or half of the last one, may have been cut off."""
        if self.ends_open and self.first + len(self.lines) == 2:
            raise Refused("E-TRUNC", 1, found="truncated")

    @cached_property
    def count(self) -> int:
        return self.data.count(b"\n") + self.ends_open

    @cached_property
    def text(self) -> str:
        """The lines, each ending in LF, but an open last one."""
        text = self.data.decode()
        return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.removesuffix("\n").split("\n")

    def after_first(self) -> Block:
        """The block without its first line."""
        rest = self.data.partition(b"\n")[2]
        return Block(self.first + 1, rest, self.ends_open and bool(rest))


@dataclass
class TextFile:
    """One file being read once.

    is_inspected: the same bytes were read to their end before, and their hash will be compared.
    After `blocks` is exhausted: file_sha256, plaintext_sha256 (hex), file_bytes, plaintext_bytes,
    lines, ends_open (the last line has no line end), has_bom. Of a Parquet file the plaintext is
    the file, unpacked; whole, broken: its columns of numbers (see `parquet.Table`).
    """

    path: Path
    containers: tuple[str, ...] = ("plain", "gzip")
    line_limit: int = LINE_LIMIT
    is_inspected: bool = False
    file_bytes: int = 0
    plaintext_bytes: int = 0
    lines: int = 0
    ends_open: bool = False
    has_bom: bool = False
    whole: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    _file_hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    _text_hash: hashlib._Hash | None = None

    @property
    def file_sha256(self) -> str:
        return self._file_hash.hexdigest()

    @property
    def plaintext_sha256(self) -> str:
        return (self._text_hash or self._file_hash).hexdigest()

    def again(self) -> TextFile:
        """The same file, to be read from its start once more."""
        return TextFile(self.path, self.containers, self.line_limit)

    @cached_property
    def is_table(self) -> bool:
        """Whether the plaintext is Parquet: its lines are comma-separated then."""
        with suppress(Refused):
            return container_of(TextFile(self.path, self.containers)._beginning()[0]) == "parquet"
        return False

    def has_numbers_at(self, texts: Iterable[int]) -> bool:
        """Whether columns that are texts came as numbers, known at the end of a Parquet file.

        texts: their positions. Raises Refused E-IDFMT where such numbers are broken or rounded.
        """
        positions = set(texts)
        if self.broken & positions:
            raise Refused("E-IDFMT", 1, found=f"unknown-column({min(self.broken & positions) + 1})")
        return bool(self.whole & positions)

    def blocks(self) -> Iterator[Block]:
        """Blocks of lines in order.

        Raises Refused (an E- code, or Q-LEN for a huge line) and FileUnreadableError.
        """
        carry = b""
        for chunk in self._plaintext():
            end = chunk.rfind(b"\n") + 1
            head, carry = (carry + chunk[:end], chunk[end:]) if end else (b"", carry + chunk)
            if len(carry) > self.line_limit:
                raise Refused("Q-LEN", self.lines + head.count(b"\n") + 1, found="too-long")
            if head:
                yield from self._counted_block(head)
        if carry:
            self.ends_open = True
            yield from self._counted_block(carry, ends_open=True)
        if self.lines == 0:
            raise Refused("E-EMPTY", found="empty")

    def chunks(self) -> Iterator[bytes]:
        """Plaintext in pieces of any size, for formats that are not made of lines.

        A UTF-8 byte order mark is left out. Raises as `blocks`, but looks at no character.
        """
        empty = True
        for chunk in self._plaintext():
            if empty and chunk:
                empty = False
                chunk = self._without_mark(chunk)
            if chunk:
                yield chunk
        if empty:
            raise Refused("E-EMPTY", found="empty")

    def start(self, size: int = 1 << 16) -> bytes:
        """The first bytes of the plaintext, as far as they can be read; no byte order mark."""
        start = b""
        with suppress(Refused):
            for chunk in self._plaintext():
                start += chunk
                if len(start) >= size:
                    break
        return start[:size].removeprefix(UTF8_BOM)

    def first_line(self) -> str:
        """The first line as well as it can be read, whatever is wrong with the rest."""
        start = b""
        with suppress(Refused):
            for chunk in self._plaintext():
                start += chunk
                if b"\n" in start or len(start) > LINE_LIMIT:
                    break
        line = start.partition(b"\n")[0].removeprefix(UTF8_BOM).removesuffix(b"\r")
        return line.decode("utf-8", errors="replace")

    def _counted_block(self, data: bytes, ends_open: bool = False) -> Iterator[Block]:
        block = self._block(data, ends_open)
        yield block
        self.lines += block.count

    def _block(self, data: bytes, ends_open: bool = False) -> Block:
        first = self.lines + 1
        if self.lines == 0:
            data = self._without_mark(data)
        if not self.is_inspected:
            self._inspect(data, first)
        if first == 1 and not data.strip(b"\r\n"):
            raise Refused("E-EMPTY", found="empty")
        block = Block(first, data, ends_open)
        if len(data) > self.line_limit:  # a shorter block holds no longer line
            self._measure(block)
        return block

    def _measure(self, block: Block) -> None:
        longest = max(map(len, block.lines))
        if longest > self.line_limit:
            at = next(at for at, line in enumerate(block.lines) if len(line) == longest)
            raise Refused("Q-LEN", block.first + at, found="too-long")

    def _without_mark(self, data: bytes) -> bytes:
        self.has_bom = data.startswith(UTF8_BOM)
        # Text in a two-byte encoding without a mark is half NULs: say what is wrong, not where.
        if data.startswith(WIDE_BOMS) or data[:4096].count(0) * 4 > len(data[:4096]):
            raise Refused("E-ENC", 1, found="non-UTF8")
        return data[len(UTF8_BOM) :] if self.has_bom else data

    def _inspect(self, data: bytes, first: int) -> None:
        """Whether it is text at all. first: number of the first line, for complaints."""
        lone = LONE_CR.search(data) if b"\r" in data else None
        if not data.translate(None, ORDINARY):
            self._look(lone, data, first, "E-CTRL")
        else:
            self._look(re.search(rb"\x00", data), data, first, "E-NUL")
            self._look(CONTROL.search(data) or lone, data, first, "E-CTRL")
            self._inspect_wide(data, first)

    @staticmethod
    def _inspect_wide(data: bytes, first: int) -> None:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = first + data.count(b"\n", 0, error.start)
            raise Refused("E-ENC", line, found="non-UTF8") from None
        odd = WIDE_CONTROL.search(text)
        if odd:
            line = first + text.count("\n", 0, odd.start())
            raise Refused("E-CTRL", line, found="control-char")

    @staticmethod
    def _look(hit: re.Match[bytes] | None, data: bytes, first: int, code: str) -> None:
        if hit:
            line = first + data.count(b"\n", 0, hit.start())
            raise Refused(code, line, found="control-char")

    def _plaintext(self) -> Iterator[bytes]:
        """Text, whatever it is packed in. Parquet is read from its end, so it is taken whole."""
        start, rest = self._beginning()
        if container_of(start) != "parquet":
            yield start
            yield from rest
        elif "parquet" not in self.containers:
            raise Refused("E-SCHEMA", found="unknown-code")
        elif self._text_hash is None:
            for _ in rest:
                pass  # hashed on the way
            with self._opened() as file:
                yield from self._rendered(file)
        else:
            with TemporaryFile() as file:
                file.writelines(chain((start,), rest))
                file.seek(0)
                yield from self._rendered(file)

    def _rendered(self, file: IO[bytes]) -> Iterator[bytes]:
        """Lines of a Parquet file. Raises Refused, see `parquet.Table`."""
        from ingestion.parquet import Table  # takes a third of a second, which text does not need

        table, written = Table(file), 0
        self.whole, self.broken = table.whole, table.broken
        for chunk in table.chunks():
            written += len(chunk)
            if written > max(RATIO_FROM, min(PLAINTEXT_LIMIT, TABLE_RATIO * self.plaintext_bytes)):
                raise Refused("E-BOMB", found="out-of-range")
            yield chunk

    def _beginning(self) -> tuple[bytes, Iterator[bytes]]:
        """The first bytes, enough to know a form by, and the rest. Raises Refused."""
        chunks = self._unpacked()
        start = b""
        while len(start) < len(MAGIC) and (chunk := next(chunks, None)) is not None:
            start += chunk
        if self._text_hash is not None and container_of(start) in ("gzip", "zip"):
            # nothing limits what an archive inside an archive may hold
            raise Refused("E-BOMB", found="unknown-code")
        return start, chunks

    def _unpacked(self) -> Iterator[bytes]:
        raw = self._raw()
        start = next(raw, b"")
        container = container_of(start)
        if container not in self.containers:
            raise Refused("E-SCHEMA", found="unknown-code")
        whole = chain((start,), raw)
        if container == "gzip":
            return self._inflate(whole)
        return self._unzip(whole) if container == "zip" else self._counted(whole)

    def _unzip(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        """Plaintext of a zip's only member. See `archives.member` for what is refused."""
        for _ in raw:
            pass  # hashed on the way; an archive is read from its end
        self._text_hash = hashlib.sha256()
        for piece in archives.member(self.path, BLOCK):
            self._text_hash.update(piece)
            self._grow(len(piece))
            yield piece

    def _raw(self) -> Iterator[bytes]:
        with self._opened() as file:
            while chunk := file.read(BLOCK):
                self._file_hash.update(chunk)
                self.file_bytes += len(chunk)
                yield chunk

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise FileUnreadableError(error.errno) from None

    def _counted(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in raw:
            self._grow(len(chunk))
            yield chunk

    def _grow(self, size: int) -> None:
        self.plaintext_bytes += size
        grown = self.plaintext_bytes
        if grown > PLAINTEXT_LIMIT or (
            grown > RATIO_FROM and grown > RATIO_LIMIT * self.file_bytes
        ):
            raise Refused("E-BOMB", found="out-of-range")

    def _inflate(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        """Plaintext of all gzip members. Raises E-TRUNC on an early end or foreign bytes after."""
        self._text_hash = hashlib.sha256()
        member = zlib.decompressobj(wbits=31)
        for pending in raw:
            while pending or not member.eof:
                member = zlib.decompressobj(wbits=31) if member.eof else member
                text = self._step(member, pending)
                pending = member.unconsumed_tail or member.unused_data
                if not text and not pending:
                    break  # the rest of this member is in the next chunk
                self._text_hash.update(text)
                self._grow(len(text))
                yield text
        if not member.eof:
            raise Refused("E-TRUNC", self.lines or None, found="truncated")

    def _step(self, member: zlib._Decompress, data: bytes) -> bytes:
        try:
            return member.decompress(data, BLOCK)
        except zlib.error:
            raise Refused("E-TRUNC", self.lines or None, found="truncated") from None
