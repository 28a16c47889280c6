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

from ingestion import names, signatures
from ingestion.contract import load_feed, load_layout
from ingestion.errors import ContractError, Held, Refused
from ingestion.fingerprints import fingerprints
from ingestion.landing import discover
from ingestion.preflight import preflight
from ingestion.terms import agreed

GONE = "E-GONE"
PAYOR = re.compile(r"[a-z][a-z0-9_]{1,30}")


@dataclass(frozen=True)
class Receipt:
    """A row of ops.receipt and where its file lies.

    state: received | loaded | refused | duplicate | held; refusal: what was wrong, with its place;
    admitted: codes of holds that a steward has overruled; admitted_as: add or replace, of which
    earlier is the receipt that is replaced.
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
    name_digest: str | None = None
    series_digest: str | None = None
    numbered: names.Numbered | None = None
    admitted: frozenset[str] = frozenset()
    admitted_as: str | None = None
    earlier: int | None = None
    by_hand: bool = False

    @property
    def alias(self) -> str:
        """The name of the file in messages: it holds nothing the sender wrote."""
        return f"{self.feed}_{self.file_sha256[:8]}"

    @property
    def origin(self) -> str:
        return f"{self.payor}/{self.feed} file {self.file_sha256[:8]}"


def register(
    conn: Connection,
    payor: str,
    feed: str,
    layout: str,
    path: str | Path,
    business_date: date,
    judged: Refused | None = None,
    by_hand: bool = False,
) -> Receipt:
    """Writes the receipt of a file and commits.

    State refused: its bytes or header break a rule; held: a steward must look at it first;
    duplicate: the same plaintext is loaded, or held, for (payor, feed); else received. judged: what
    is already known against the file; by_hand: it need not lie in landing. A file that a steward
    has admitted goes on with its receipt. conn: psycopg2, not in autocommit, no open transaction.
    Raises ContractError and FileUnreadableError.
    """
    if not PAYOR.fullmatch(payor):
        raise ContractError("payor", "payor", "is not a payor id")
    contract, form = load_feed(feed), load_layout(layout)
    if feed not in form.feeds:
        raise ContractError(f"layouts/{layout}", "feeds", f"does not cover {feed}")
    seen = preflight(Path(path), contract, form)
    refusal = _worse(seen.refusal, judged or _unsigned(conn, payor, Path(path)))
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
        state=_state(refusal),
        refusal=refusal,
        numbered=names.numbered(Path(path).name, feed),
        by_hand=by_hand,
    )
    return _insert(conn, receipt)


def _unsigned(conn: Connection, payor: str, path: Path) -> Refused | None:
    """What is wrong with the signature of a file whose payor must sign, if anything."""
    with conn, conn.cursor() as cursor:
        deliveries = agreed(cursor, payor).deliveries
    try:
        signatures.verify(path, deliveries)
    except Refused as refusal:
        return refusal
    return None


def _worse(one: Refused | None, other: Refused | None) -> Refused | None:
    """What is refused is not held as well."""
    found = [refusal for refusal in (one, other) if refusal]
    return next((r for r in found if not isinstance(r, Held)), found[0] if found else None)


def _state(refusal: Refused | None) -> str:
    if refusal is None:
        return "received"
    return "held" if isinstance(refusal, Held) else "refused"


def _insert(conn: Connection, receipt: Receipt) -> Receipt:
    with conn, conn.cursor() as cursor:
        admitted = _admitted(cursor, receipt)
        if admitted:
            return admitted
        name, series = names.digests(cursor, receipt.payor, receipt.path)
        receipt = replace(receipt, name_digest=name, series_digest=series)
        receipt = _renamed(cursor, receipt)
        known = _known_twin(cursor, receipt)
        if known is not None:
            receipt = replace(receipt, state="duplicate", duplicate_of=known, refusal=None)
        numbered = receipt.numbered
        day, number = (numbered.day, numbered.number) if numbered else (None, None)
        cursor.execute(
            """
            insert into ops.receipt (
                payor_id, feed, layout, file_sha256, plaintext_sha256, bytes, state, code,
                business_date, duplicate_of, name_digest, series_digest,
                file_date, file_sequence, by_hand
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            returning receipt_id
            """,
            (
                receipt.payor, receipt.feed, receipt.layout, receipt.file_sha256,
                receipt.plaintext_sha256, receipt.file_bytes, receipt.state, _code(receipt),
                receipt.business_date, receipt.duplicate_of, receipt.name_digest,
                receipt.series_digest, day, number, receipt.by_hand,
            ),
        )  # fmt: skip
        return replace(receipt, receipt_id=_one(cursor))


def _admitted(cursor: Any, receipt: Receipt) -> Receipt | None:
    """The receipt of the same content that a steward has let in and that is not loaded yet."""
    cursor.execute(
        f"""
        select {COLUMNS}
        from ops.receipt
        where
            payor_id = %s and feed = %s and plaintext_sha256 = %s and layout = %s
            and state = 'received' and admitted is not null
        order by receipt_id
        limit 1
        """,
        (receipt.payor, receipt.feed, receipt.plaintext_sha256, receipt.layout),
    )
    row = cursor.fetchone()
    return stored(receipt.payor, receipt.path, row) if row else None


def _renamed(cursor: Any, receipt: Receipt) -> Receipt:
    """A column too many is a renamed one when another of the last file's columns is missing."""
    held = receipt.refusal
    if not isinstance(held, Held) or held.code != "H-SCHEMA":
        return receipt
    cursor.execute(
        """
        select header_columns
        from ops.receipt
        where payor_id = %s and feed = %s and layout = %s and state = 'loaded'
        order by receipt_id desc
        limit 1
        """,
        (receipt.payor, receipt.feed, receipt.layout),
    )
    row = cursor.fetchone()
    before = row[0].split(",") if row and row[0] else []
    missing = [name for name in before if name not in held.columns]
    if not missing:
        return receipt
    refusal = Refused("E-SCHEMA", 1, missing[0], found="missing")
    return replace(receipt, state="refused", refusal=refusal)


def _known_twin(cursor: Any, receipt: Receipt) -> int | None:
    """Receipt of the same content that is loaded, or held."""
    if receipt.state == "refused":
        return None
    loaded = loaded_twin(cursor, receipt)
    if loaded is not None:
        return loaded
    cursor.execute(
        """
        select min(receipt_id)
        from ops.receipt
        where payor_id = %s and feed = %s and plaintext_sha256 = %s and state = 'held'
        """,
        (receipt.payor, receipt.feed, receipt.plaintext_sha256),
    )
    (held,) = cursor.fetchone()
    return None if held is None else int(held)


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
            where payor_id = %s and code is distinct from %s
            group by feed, file_sha256
            """,
            (payor, GONE),
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


COLUMNS = """
    receipt_id, feed, layout, business_date, file_sha256, plaintext_sha256, bytes, state,
    duplicate_of, name_digest, series_digest, file_date, file_sequence, admitted, admitted_as,
    earlier_receipt, by_hand
"""


def stored(payor: str, path: Path, row: tuple[Any, ...]) -> Receipt:
    """A receipt from a row of COLUMNS. path: where its file lies."""
    (key, feed, layout, day, digest, plain, size, state,
     twin, name, series, named_day, number, admitted, admitted_as,
     earlier, by_hand) = row  # fmt: skip
    return Receipt(
        receipt_id=key,
        payor=payor,
        feed=feed,
        layout=layout,
        path=path,
        business_date=day,
        file_sha256=digest,
        plaintext_sha256=plain,
        file_bytes=size,
        state=state,
        duplicate_of=twin,
        name_digest=name,
        series_digest=series,
        numbered=None if named_day is None else names.Numbered(named_day, number),
        admitted=frozenset(admitted.split(",")) if admitted else frozenset(),
        admitted_as=admitted_as,
        earlier=earlier,
        by_hand=by_hand,
    )


def waiting(conn: Connection, payor: str, landing_dir: str | Path) -> list[Receipt]:
    """Receipts of the payor that are received and not yet loaded, oldest first.

    A receipt finds its file in landing by content; one whose file is gone is refused (E-GONE),
    unless it never lay there: a file that was handed over may be handed over again.
    """
    with conn, conn.cursor() as cursor:
        cursor.execute(
            f"""
            select {COLUMNS}
            from ops.receipt
            where payor_id = %s and state = 'received'
            order by receipt_id
            """,
            (payor,),
        )
        rows = cursor.fetchall()
    paths = places(landing_dir, payor, {row[1] for row in rows})
    gone = [row[0] for row in rows if (row[1], row[4]) not in paths and row[12] is None]
    if gone:
        _refuse_gone(conn, gone)
    return [stored(payor, paths[row[1], row[4]], row) for row in rows if (row[1], row[4]) in paths]


def places(
    landing_dir: str | Path, payor: str, feeds: Iterable[str]
) -> dict[tuple[str, str], Path]:
    """(feed, file hash) -> where in landing a file with that content lies."""
    wanted = sorted(set(feeds))
    if not wanted:
        return {}
    files = discover(landing_dir, payor, wanted)
    digests = fingerprints(path for _, path in files)
    return {(feed, digests[path]): path for feed, path in files}


def _refuse_gone(conn: Connection, receipts: list[int]) -> None:
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            update ops.receipt
            set state = 'refused', code = %s
            where receipt_id = any(%s) and state = 'received'
            """,
            (GONE, receipts),
        )
