"""Take in one release of a kind of reference data: all of it in one transaction, or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import psycopg

from warehouse.codebook import releases, rules
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import Kind, kinds
from warehouse.codebook.read import READERS
from warehouse.codebook.records import Parsed, check
from warehouse.codebook.releases import STARTER, Span, Stored
from warehouse.codebook.source import sha256
from warehouse.codebook.write import WRITERS, Target

SHARED = ("country", "currency", "procedure_bridge", "family_rate")
# What of a stored row does not stand in the publisher's file comes from these and from the rules.
DERIVING = (
    "bridges", "diagnosis", "read", "read_money", "read_procedures", "records", "rules", "titles",
    "write",
)  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """What a load did. state: loaded or unchanged; payors: whose figures will be restated."""

    kind: str
    release: str
    valid_from: date
    valid_to: date | None
    rows: int
    skipped: int
    sha256: str
    state: str
    payors: tuple[str, ...]


def load(
    conn: psycopg.Connection,
    kind_name: str,
    release: str,
    path: Path,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Loaded:
    """Load a publisher's file as a release; the same again is a no-op.

    conn: of the owner, who commits. Raises ReferenceRefused, and then nothing is stored.
    """
    kind = kinds()[kind_name]
    if release == STARTER:
        raise ReferenceRefused("E-REF-STARTER")
    with conn.transaction():
        conn.execute("lock table reference.release in share row exclusive mode")
        known = releases.stored(conn, kind.name)
        span = releases.span(kind, release, known, valid_from, valid_to)
        digest = sha256(path)
        same = next((s for s in known if _is_same(s, release, span, digest)), None)
        if same:
            return _result(kind, release, span, digest, same.row_count, 0, "unchanged", ())
        return _replace(conn, kind, release, path, known, span, digest)


def _is_same(stored: Stored, release: str, span: Span, digest: str) -> bool:
    return (
        stored.release == release
        and stored.is_current
        and stored.sha256 == digest
        and stored.derived_with == derived_with()
        and (stored.valid_from, stored.valid_to) == (span.valid_from, span.valid_to)
    )


def _replace(
    conn: psycopg.Connection,
    kind: Kind,
    release: str,
    path: Path,
    known: list[Stored],
    span: Span,
    digest: str,
) -> Loaded:
    parsed = READERS[kind.form](path)
    check(kind, release, parsed)
    earlier = releases.before(known, release, span.valid_from)
    if earlier and len(parsed.records) * 2 < earlier.row_count:
        raise ReferenceRefused("E-REF-SHRUNK")
    WRITERS[kind.target](conn, Target(kind, release, span), parsed)
    releases.cut_earlier(conn, kind, release, span.valid_from)
    record(conn, kind, release, span, digest, parsed)
    payors = mark_payors(conn, kind)
    rows, skipped = len(parsed.records), parsed.skipped
    return _result(kind, release, span, digest, rows, skipped, "loaded", payors)


def record(
    conn: psycopg.Connection,
    kind: Kind,
    release: str,
    span: Span,
    digest: str,
    parsed: Parsed,
    is_current: bool = True,
) -> None:
    """The release's own row; a starter is never complete."""
    conn.execute(
        """
        insert into reference.release (
            kind, release, valid_from, valid_to, is_complete, is_current, sha256, derived_with,
            row_count, rows_skipped, used_by, licence
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (kind, release) do update set
            valid_from = excluded.valid_from,
            valid_to = excluded.valid_to,
            is_current = excluded.is_current,
            sha256 = excluded.sha256,
            derived_with = excluded.derived_with,
            row_count = excluded.row_count,
            rows_skipped = excluded.rows_skipped,
            used_by = excluded.used_by,
            licence = excluded.licence,
            recorded_at = excluded.recorded_at
        """,
        (
            kind.name,
            release,
            span.valid_from,
            span.valid_to,
            release != STARTER,
            is_current,
            digest,
            derived_with(),
            len(parsed.records),
            parsed.skipped,
            used_by(kind),
            kind.licence,
        ),
    )


def used_by(kind: Kind) -> str:
    """Whose figures the kind can move: those judged in a code system, all ('*'), or none ('')."""
    return kind.code_system or ("*" if kind.target in SHARED else "")


def mark_payors(conn: psycopg.Connection, kind: Kind) -> tuple[str, ...]:
    """Leave a change of cause `reference` to every payor that uses the kind."""
    rows = conn.execute(
        """
        insert into ops.change (payor_id, entity, key, cause)
        select payor_id, 'reference', %(kind)s, 'reference'
        from ops.payor
        where %(user)s = '*' or %(user)s = any (reference.systems(payor_id))
        order by payor_id
        returning payor_id
        """,
        {"kind": kind.name, "user": used_by(kind)},
    )
    return tuple(str(payor) for (payor,) in rows)


@cache
def derived_with() -> str:
    """Names the rules and the code that derive what a publisher's file does not say itself."""
    digest = hashlib.sha256()
    code = (Path(__file__).with_name(f"{name}.py") for name in DERIVING)
    for path in (*sorted(rules.FOLDER.glob("*.csv")), *code):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _result(
    kind: Kind,
    release: str,
    span: Span,
    digest: str,
    rows: int,
    skipped: int,
    state: str,
    payors: tuple[str, ...],
) -> Loaded:
    return Loaded(
        kind.name, release, span.valid_from, span.valid_to, rows, skipped, digest, state, payors
    )
