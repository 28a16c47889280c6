"""Receipts: every delivered file gets a row, whatever becomes of it. File names are not kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, badly named there

from ingestion.contract import Feed, Layout, load_feed, load_layout
from ingestion.errors import ContractError, Refused
from ingestion.fingerprints import file_sha256, fingerprints
from ingestion.header import bind
from ingestion.landing import discover
from ingestion.recognise import match
from ingestion.stream import TextFile, is_xml

PAYOR = re.compile(r"[a-z][a-z0-9_]{1,30}")


@dataclass(frozen=True)
class Receipt:
    """A row of ops.receipt and where its file lies.

    state: received | loaded | refused | duplicate; refusal: what was wrong, with its place.
    """

    receipt_id: int
    payor: str
    feed: str
    layout: str
    path: Path
    business_date: date
    file_sha256: str
    plaintext_sha256: str | None
    file_bytes: int
    state: str
    refusal: Refused | None = None
    duplicate_of: int | None = None

    @property
    def alias(self) -> str:
        """The name of the file in messages: it holds nothing the sender wrote."""
        return f"{self.feed}_{self.file_sha256[:8]}"

    @property
    def origin(self) -> str:
        return f"{self.payor}/{self.feed} file {self.file_sha256[:8]}"


def register(
    conn: Connection, payor: str, feed: str, layout: str, path: str | Path, business_date: date
) -> Receipt:
    """Writes the receipt of a file and commits.

    State refused: its bytes or header break a rule; duplicate: the same plaintext is loaded for
    (payor, feed); else received. conn: psycopg2, not in autocommit, no open transaction.
    Raises ContractError and FileUnreadableError.
    """
    if not PAYOR.fullmatch(payor):
        raise ContractError("payor", "payor", "is not a payor id")
    contract, form = load_feed(feed), load_layout(layout)
    if feed not in form.feeds:
        raise ContractError(f"layouts/{layout}", "feeds", f"does not cover {feed}")
    seen = preflight(Path(path), contract, form)
    receipt = Receipt(
        receipt_id=0,
        payor=payor,
        feed=feed,
        layout=layout,
        path=Path(path),
        business_date=business_date,
        file_sha256=seen.file_sha256,
        plaintext_sha256=seen.plaintext_sha256,
        file_bytes=seen.file_bytes,
        state="refused" if seen.refusal else "received",
        refusal=seen.refusal,
    )
    return _insert(conn, receipt)


@dataclass(frozen=True)
class Preflight:
    """Hashes in hex, size, and what is wrong with the bytes or the header, if anything.

    plaintext_sha256 is None for a refused file: its text may have no end.
    """

    file_sha256: str
    plaintext_sha256: str | None
    file_bytes: int
    refusal: Refused | None


def preflight(path: Path, feed: Feed, layout: Layout) -> Preflight:
    """Reads a file once, to its end: nothing of a file is loaded before all of it was readable."""
    file = TextFile(path, layout.containers, layout.line_limit)
    try:
        if layout.reader:
            _read_through(path, file, feed, layout)
        else:
            for at, block in enumerate(file.blocks()):
                if at == 0:
                    bind(block.lines[0], feed, layout)
    except Refused as refusal:
        xml = is_xml(TextFile(path, layout.containers).start())
        return _refused(path, Refused("E-XML") if xml else refusal)
    return Preflight(file.file_sha256, file.plaintext_sha256, file.file_bytes, None)


def _read_through(path: Path, file: TextFile, feed: Feed, layout: Layout) -> None:
    """A file of a layout with a reader: its bytes, its kind, its feed. Raises Refused."""
    for _ in file.chunks():
        pass
    seen = match(TextFile(path, layout.containers).start(), layout)
    if seen is None:
        raise Refused("E-SCHEMA", found="unknown-column")
    if seen.refused:
        raise Refused(seen.refused)
    if seen.feed != feed.name:
        raise Refused("E-FEED")


def _refused(path: Path, refusal: Refused) -> Preflight:
    """A refused file is known by its bytes as they came."""
    return Preflight(file_sha256(path), None, path.stat().st_size, refusal)


def _insert(conn: Connection, receipt: Receipt) -> Receipt:
    with conn, conn.cursor() as cursor:
        if receipt.state == "received":
            loaded = loaded_twin(cursor, receipt)
            state = "duplicate" if loaded else "received"
            receipt = replace(receipt, state=state, duplicate_of=loaded)
        cursor.execute(
            """
            insert into ops.receipt (
                payor_id, feed, layout, file_sha256, plaintext_sha256, bytes, state, code,
                business_date, duplicate_of
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            returning receipt_id
            """,
            (
                receipt.payor, receipt.feed, receipt.layout, receipt.file_sha256,
                receipt.plaintext_sha256, receipt.file_bytes, receipt.state, _code(receipt),
                receipt.business_date, receipt.duplicate_of,
            ),
        )  # fmt: skip
        return replace(receipt, receipt_id=_one(cursor))


def _code(receipt: Receipt) -> str | None:
    if receipt.refusal:
        return receipt.refusal.code
    return "I-DUP" if receipt.state == "duplicate" else None


def _one(cursor: Any) -> int:
    row = cursor.fetchone()
    return int(row[0])


def loaded_twin(cursor: Any, receipt: Receipt) -> int | None:
    """Receipt id of the same plaintext loaded for the same payor and feed."""
    cursor.execute(
        """
        select receipt_id
        from ops.receipt
        where payor_id = %s and feed = %s and plaintext_sha256 = %s and state = 'loaded'
        """,
        (receipt.payor, receipt.feed, receipt.plaintext_sha256),
    )
    row = cursor.fetchone()
    return int(row[0]) if row else None


def unregistered(
    conn: Connection, payor: str, files: Iterable[tuple[str, Path]]
) -> list[tuple[str, Path]]:
    """Those of the discovered files that have no receipt yet, in their order.

    Decided by content: of k files with the same bytes in a feed, as many are new as there are
    receipts too few. So a second copy is registered once (as a duplicate), a known file never.
    """
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            select feed, file_sha256, count(*)
            from ops.receipt
            where payor_id = %s
            group by feed, file_sha256
            """,
            (payor,),
        )
        known = Counter({(feed, digest): count for feed, digest, count in cursor.fetchall()})
    found, new = list(files), []
    digests = fingerprints(path for _, path in found)
    for feed, path in found:
        key = feed, digests[path]
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append((feed, path))
    return new


def waiting(conn: Connection, payor: str, landing_dir: str | Path) -> list[Receipt]:
    """Receipts of the payor that are received and not yet loaded, oldest first.

    A receipt finds its file in landing by content; one whose file is gone is left out.
    """
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            select
                receipt_id, feed, layout, business_date, file_sha256, plaintext_sha256, bytes
            from ops.receipt
            where payor_id = %s and state = 'received'
            order by receipt_id
            """,
            (payor,),
        )
        rows = cursor.fetchall()
    if not rows:
        return []
    files = discover(landing_dir, payor, sorted({row[1] for row in rows}))
    digests = fingerprints(path for _, path in files)
    paths = {(feed, digests[path]): path for feed, path in files}
    return [
        Receipt(key, payor, feed, layout, paths[feed, digest], day, digest, plain, size, "received")
        for key, feed, layout, day, digest, plain, size in rows
        if (feed, digest) in paths
    ]
