"""The files of a world as one list, and the same rows in other bytes, names and containers."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipeline.settings import Settings


@dataclass(frozen=True)
class Delivery:
    """One file as a payor sends it: feed, name, bytes."""

    feed: str
    name: str
    content: bytes


def deliveries(world: Path, who: str) -> list[Delivery]:
    """Every file of every night of one payor, in the order of the nights."""
    paths = sorted(p for p in (world / "nights").glob(f"*/{who}/*/*") if p.is_file())
    return [Delivery(p.parent.name, p.name, p.read_bytes()) for p in paths]


def put(settings: Settings, who: str, files: Iterable[Delivery]) -> None:
    """Copy the files into landing; a second file of the same name lands beside the first."""
    for file in files:
        folder = settings.landing / who / file.feed
        folder.mkdir(parents=True, exist_ok=True)
        path, number = folder / file.name, 0
        while path.exists():
            number += 1
            path = folder / f"again{number}_{file.name}"
        path.write_bytes(file.content)


def renamed(file: Delivery) -> list[Delivery]:
    return [Delivery(file.feed, f"resent_{file.name}", file.content)]


def recompressed(file: Delivery) -> list[Delivery]:
    """The same text in a gzip file of another level, or in its first one."""
    name = file.name if file.name.endswith(".gz") else f"{file.name}.gz"
    packed = gzip.compress(_text(file), compresslevel=1, mtime=1)
    return [Delivery(file.feed, f"packed_{name}", packed)]


def other_line_ends(file: Delivery) -> list[Delivery]:
    text = _text(file).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return [Delivery(file.feed, f"crlf_{_plain(file)}", text)]


def split(file: Delivery) -> list[Delivery]:
    """Two files of half the rows each, every one with its own trailer."""
    header, rows, delimiter = _parts(file)
    middle = len(rows) // 2
    return [
        Delivery(file.feed, f"part{n}_{_plain(file)}", _whole(header, part, delimiter))
        for n, part in enumerate((rows[:middle], rows[middle:]), start=1)
    ]


def concatenated(one: Delivery, two: Delivery) -> list[Delivery]:
    """The rows of two files of one feed and header as one file; nothing when they do not fit."""
    header, rows, delimiter = _parts(one)
    other, more, _ = _parts(two)
    if one.feed != two.feed or header != other:
        return []
    return [Delivery(one.feed, f"both_{_plain(one)}", _whole(header, rows + more, delimiter))]


def in_other_bytes(files: list[Delivery], seed: int) -> list[Delivery]:
    """Each file again, in one other form drawn at random; `files` must be whole and sound."""
    rng = random.Random(seed)
    forms: list[Callable[[Delivery], list[Delivery]]] = [
        renamed,
        recompressed,
        other_line_ends,
        split,
        lambda file: concatenated(file, rng.choice([f for f in files if f.feed == file.feed])),
    ]
    return [again for n, file in enumerate(files) for again in forms[(n + seed) % len(forms)](file)]


def _text(file: Delivery) -> bytes:
    return gzip.decompress(file.content) if file.name.endswith(".gz") else file.content


def _plain(file: Delivery) -> str:
    return file.name.removesuffix(".gz")


def _parts(file: Delivery) -> tuple[str, list[str], str]:
    lines = _text(file).decode().splitlines()
    delimiter = "|" if "|" in lines[0] else ","
    assert lines[-1].startswith("#TRAILER"), "a whole file ends with its trailer"
    return lines[0], lines[1:-1], delimiter


def _whole(header: str, rows: list[str], delimiter: str) -> bytes:
    names = header.split(delimiter)
    total = ""
    if "paid_amount" in names:
        at = names.index("paid_amount")
        total = str(sum((Decimal(row.split(delimiter)[at] or 0) for row in rows), Decimal("0.00")))
    trailer = delimiter.join(["#TRAILER", str(len(rows)), total])
    return ("\n".join([header, *rows, trailer]) + "\n").encode()
