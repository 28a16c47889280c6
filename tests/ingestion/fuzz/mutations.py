"""Ways to break a file: blind to its bytes, or by its grammar. Every choice comes from `rng`."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.ingestion.fuzz.goldens import Golden
from tests.ingestion.fuzz.packings import PACKINGS

# A value that no message, report or log may ever repeat.
CANARY = "ZQCANARYQZ"
Mutation = Callable[[random.Random, bytes], bytes]
SPARKS = [
    b"\0", b'"', b"\r", b"\n", b"|", b",", b"~", b"*", b"{", b"}", b"\xff", b"\xef\xbb\xbf", b"NaN",
    b"1e9", b" ", b"9" * 40, "\u0661".encode(), b"\\.", b"'--", b"{{", b"<", b"\x1f\x8b",
    b"PK\x03\x04", b"PAR1", b"\x85", "\u2028".encode(), CANARY.encode(),
]  # fmt: skip
CELLS = [
    "", " ", "-", "-0", "+1", "1e5", "NaN", "Infinity", "1,234.50", "(12.00)", "1_000", "12.34567",
    "9" * 30, "0000-00-00", "9999-12-31", "2024-02-30", "02/03/24", "today", "epoch",
    "\u0661\u0662", "'; drop table x; --", "{{ 1 }}", "=1+1", "a" * 300, "\\N", "\\.", '"', '""',
    '"x', "x\ty", "#TRAILER", CANARY, f"1{CANARY}", f'"{CANARY}', "\u00e9" * 90,
]  # fmt: skip


def planted(content: bytes, rng: random.Random) -> bytes:
    """With the canary in place of some word of the second half, if the text has one there."""
    at = content.find(b"A", rng.randrange(len(content) // 2, len(content)))
    return content if at < 0 else content[:at] + CANARY.encode() + content[at + 1 :]


# ── blind ─────────────────────────────────────────────────────────────────────────────────────


def blind(rng: random.Random, content: bytes) -> bytes:
    """A copy with a few things cut, doubled, moved, flipped or put in."""
    for _ in range(rng.randrange(1, 5)):
        at, size = rng.randrange(len(content) + 1), rng.randrange(1, 80)
        piece, to = content[at : at + size], rng.randrange(len(content) + 1)
        content = rng.choice([
            content[:at],
            content[:at] + content[at + size :],
            content[:at] + piece + content[at:],
            content[:to] + piece + content[to:],
            content[:at] + rng.choice(SPARKS) + content[at:],
            content[:at] + rng.choice(SPARKS) + content[at + 1 :],
            content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :],
            content[:at] + bytes(reversed(piece)) + content[at + size :],
            content[:at] + bytes(rng.randrange(256) for _ in range(8)) + content[at + 8 :],
        ])  # fmt: skip
    return content


# ── by grammar ────────────────────────────────────────────────────────────────────────────────


def csv_like(rng: random.Random, content: bytes) -> bytes:
    """Cells, columns and lines of a delimited file."""
    lines = content.decode().splitlines()
    delimiter = max(",|;\t", key=lines[0].count)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        cells = lines[at].split(delimiter)
        column = rng.randrange(len(cells))
        what = rng.randrange(9)
        if what <= 2:
            cells[column] = rng.choice(CELLS)
        elif what == 3:
            cells.insert(column, rng.choice(CELLS))
        elif what == 4:
            del cells[column]
        elif what == 5:
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
        elif what == 6:
            return _columns(rng, lines, delimiter)
        elif what == 7:
            cells = [rng.choice(CELLS) for _ in cells]
        else:
            cells[column] = f'"{cells[column]}"'
        lines[at] = delimiter.join(cells)
    end = rng.choice(["\n", "\r\n", "\n", "\r", "\n\n"])
    return (end.join(lines) + rng.choice([end, "", "\n\n", "\x1a"])).encode()


def _columns(rng: random.Random, lines: list[str], delimiter: str) -> bytes:
    """The whole table with a column lost, doubled, moved, renamed or the delimiter changed."""
    table = [line.split(delimiter) for line in lines]
    column, to = (rng.randrange(len(table[0])) for _ in range(2))
    what = rng.randrange(5)
    for row in table:
        if column >= len(row):
            continue
        if what == 0:
            del row[column]
        elif what == 1:
            row.append(row[column])
        elif what == 2:
            row.insert(min(to, len(row)), row.pop(column))
    if what == 3 and column < len(table[0]):
        table[0][column] = rng.choice([CANARY, "Id; drop", "", "claim_id", "{{x}}", "a" * 500])
    if what == 4:
        delimiter = rng.choice(",|;\t ")
    return ("\n".join(delimiter.join(row) for row in table) + "\n").encode()


def ndjson(rng: random.Random, content: bytes) -> bytes:
    """Members, values and lines of JSON."""
    lines = content.decode().splitlines()
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        what = rng.randrange(8)
        if what <= 4:
            lines[at] = _changed(rng, lines[at])
        elif what == 5:
            lines[at] = lines[at].replace("{", '{"id":"1","id":"2",', 1)
        elif what == 6:
            lines[at] = rng.choice(["[" * 3000, '{"a":' * 3000, "{}", "[]", "null", "1e999", '"x"',
                                    '{"resourceType":"' + CANARY + '"}',
                                    '{"resourceType":"Bundle","entry":[]}'])  # fmt: skip
        else:
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
    return ("\n".join(lines) + rng.choice(["\n", "", "\r\n"])).encode()


def _changed(rng: random.Random, line: str) -> str:
    """One member somewhere in the tree taken out or given another value."""
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        return line
    node: Any = tree
    while isinstance(node, dict | list) and node:
        key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
        if not isinstance(node[key], dict | list) or not node[key] or rng.random() < 0.15:
            if rng.random() < 0.3:
                del node[key]
            else:
                node[key] = rng.choice([
                    None, True, 0, -1, 1e308, 10**30, "", CANARY, "a" * 2000, [], {}, [[]], [None],
                    {"value": CANARY}, "2024-13-40", "x\ny", "\x00", [{"reference": "#" + CANARY}],
                ])  # fmt: skip
            break
        node = node[key]
    return json.dumps(tree)


def x12(rng: random.Random, content: bytes) -> bytes:
    """Segments, elements and separators of an interchange."""
    segments = [one.strip() for one in content.decode().split("~") if one.strip()]
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(segments))
        elements = segments[at].split("*")
        element = rng.randrange(len(elements))
        what = rng.randrange(7)
        if what <= 1:
            elements[element] = rng.choice(CELLS)
            segments[at] = "*".join(elements)
        elif what == 2:
            del segments[at]
        elif what == 3:
            segments.insert(rng.randrange(len(segments) + 1), rng.choice(segments))
        elif what == 4:
            segments[at] = "*".join([*elements, *["x"] * rng.randrange(40)])
        elif what == 5:
            segments.insert(at, f"{CANARY}*{CANARY}")
        else:
            to = rng.randrange(len(segments))
            segments[at], segments[to] = segments[to], segments[at]
        if not segments:
            break
    text = "~".join(segments) + rng.choice(["~", "~\n", "", "~\r\n\r\n", "~ISA"])
    if rng.random() < 0.15:
        text = text.replace(*rng.choice([("*", "|"), (":", "*"), ("~", "\n"), ("^", ":")]))
    return text.encode()


def parquet(rng: random.Random, content: bytes) -> bytes:
    """Columns, types and settings of a table written again, or its footer flipped."""
    if rng.random() < 0.4:
        return _footer(rng, content)
    table = pq.read_table(io.BytesIO(content))
    at = rng.randrange(table.num_columns)
    name, rows = table.column_names[at], table.num_rows
    column = rng.choice([
        pa.array([rng.choice(CELLS) for _ in range(rows)]),
        pa.array([rng.choice(CELLS).encode() + b"\xff" for _ in range(rows)]),
        pa.array([rng.random() * 10 ** rng.randrange(-9, 25) for _ in range(rows)]),
        pa.array([rng.randrange(-(2**60), 2**60) for _ in range(rows)]),
        pa.array([[CANARY]] * rows), pa.array([{"a": CANARY}] * rows), pa.nulls(rows),
        pa.array([Decimal(rng.randrange(10**9)).scaleb(-7)] * rows, pa.decimal128(38, 10)),
        pa.array([rng.randrange(-(10**6), 10**6)] * rows, pa.int32()).cast(pa.date32()),
        pa.array([rng.randrange(-(2**55), 2**55) for _ in range(rows)], pa.timestamp("us")),
        pa.array([rng.randrange(2**50) for _ in range(rows)], pa.duration("us")),
        pa.array(["x" * rng.randrange(1, 3000)] * rows).dictionary_encode(),
        pa.array([True, None] * rows)[:rows],
    ])  # fmt: skip
    what = rng.randrange(5)
    if what <= 2:
        table = table.set_column(at, name, column)
    elif what == 3:
        table = table.append_column(rng.choice([name, CANARY, "", "a\nb", "x" * 5000]), column)
    else:
        table = table.remove_column(at).slice(0, rng.choice([0, 1, rows]))
    out = io.BytesIO()
    pq.write_table(
        table, out, compression=rng.choice(["none", "snappy", "gzip", "zstd"]),
        row_group_size=rng.choice([1, 7, 1000]), use_dictionary=rng.random() < 0.5,
        version=rng.choice(["1.0", "2.6"]), data_page_version=rng.choice(["1.0", "2.0"]),
    )  # fmt: skip
    return out.getvalue()


def _footer(rng: random.Random, content: bytes) -> bytes:
    length = int.from_bytes(content[-8:-4], "little")
    body = bytearray(content)
    for _ in range(rng.randrange(1, 6)):
        place = rng.randrange(len(body) - 8 - length, len(body))
        body[place] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
    return bytes(body)


GRAMMARS: dict[str, Mutation] = {
    "csv": csv_like, "trailer": csv_like, "ndjson": ndjson, "x12": x12, "parquet": parquet,
}  # fmt: skip


# ── packed ────────────────────────────────────────────────────────────────────────────────────


def packed(rng: random.Random, content: bytes) -> bytes:
    """In a container that is whole, broken, nested, doubled or ill-named."""
    what = rng.randrange(8)
    packing = PACKINGS[rng.choice(["gzip", "zip", "members"])]
    if what == 0:
        return packing(packing(content))
    if what == 1:
        return packing(content) + rng.choice([b"x", b"\0" * 20, gzip.compress(content), content])
    if what == 2:
        return _ill_named(rng, content)
    if what == 3:
        return gzip.compress(b"")
    whole = packing(content)
    return whole if what == 4 else blind(rng, whole)


def _ill_named(rng: random.Random, content: bytes) -> bytes:
    out = io.BytesIO()
    names = ["../a", "/a", "C:a", "a/../../b", "a\x00b", CANARY, "a", "b", "__MACOSX/a", "d/"]
    with zipfile.ZipFile(
        out, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
    ) as zipped:
        for name in rng.sample(names, rng.randrange(0, 4)):
            zipped.writestr(name, content)
    return out.getvalue()


def broken(golden: Golden, rng: random.Random) -> tuple[str, bytes]:
    """(what was done, the file): half of them blind, half by grammar; a fifth packed on top."""
    content = planted(golden.content, rng) if golden.form != "parquet" else golden.content
    if rng.random() < 0.5:
        done, content = "blind", blind(rng, content)
    else:
        done, content = golden.form, GRAMMARS[golden.form](rng, content)
    if rng.random() < 0.2:
        done, content = f"{done}, packed", packed(rng, content)
    return done, content
