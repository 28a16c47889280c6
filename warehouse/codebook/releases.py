"""Which release of a kind holds on which days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import psycopg

from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import ALWAYS, Kind

STARTER = "starter"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stored:
    """One row of `reference.release`, as far as loading asks for it."""

    release: str
    valid_from: date
    valid_to: date | None
    is_complete: bool
    is_current: bool
    sha256: str
    derived_with: str
    row_count: int

    def reaches(self, day: date) -> bool:
        return self.valid_to is None or self.valid_to >= day


@dataclass(frozen=True)
class Span:
    """Days of a release to be loaded. days: what it replaces, as a date multirange."""

    valid_from: date
    valid_to: date | None
    days: str


def stored(conn: psycopg.Connection, kind: str) -> list[Stored]:
    """Releases of a kind by their first day."""
    rows = conn.execute(
        """
        select
            release, valid_from, valid_to, is_complete, is_current, sha256, derived_with, row_count
        from reference.release
        where kind = %s
        order by valid_from, release
        """,
        (kind,),
    )
    return [Stored(*row) for row in rows]


def span(
    kind: Kind,
    release: str,
    known: list[Stored],
    valid_from: date | None,
    valid_to: date | None,
) -> Span:
    """Days of a release beside the ones that are known.

    It ends where the next one begins, and ends the one before. Raises ReferenceRefused.
    """
    start = valid_from or kind.default_from(release)
    if start is None or (valid_to and valid_to < start):
        raise ReferenceRefused("E-REF-DATES")
    if kind.year_starts is None:
        return Span(ALWAYS, None, "{(,)}")
    others = [s for s in known if s.is_complete and s.release != release]
    if any(s.valid_from == start for s in others):
        raise ReferenceRefused("E-REF-OVERLAP")
    following = min((s.valid_from for s in others if s.valid_from > start), default=None)
    if following and valid_to and valid_to >= following:
        raise ReferenceRefused("E-REF-OVERLAP")
    end = valid_to or (following - DAY if following else None)
    cut = [s for s in others if s.valid_from < start and s.reaches(start)]
    own = [s for s in known if s.release == release]
    parts = [_days(start, end), *(_days(start, s.valid_to) for s in cut)]
    parts += [_days(s.valid_from, s.valid_to) for s in own]
    return Span(start, end, "{" + ",".join(parts) + "}")


def starter_days(known: list[Stored]) -> str:
    """Days that no complete release covers, as an expression of what to subtract from all days."""
    return "{" + ",".join(_days(s.valid_from, s.valid_to) for s in known if s.is_complete) + "}"


def before(known: list[Stored], release: str, start: date) -> Stored | None:
    """The complete release that held before: what a shorter list is held against."""
    found = [s for s in known if s.is_complete and s.release != release and s.valid_from <= start]
    return max(found, key=lambda s: (s.is_current, s.valid_from), default=None)


def cut_earlier(conn: psycopg.Connection, kind: Kind, release: str, start: date) -> None:
    """End the releases that reach into the new one; of undated kinds one is current."""
    if kind.year_starts is None:
        conn.execute(
            "update reference.release set is_current = false where kind = %s and release <> %s",
            (kind.name, release),
        )
        return
    conn.execute(
        """
        update reference.release
        set valid_to = %(end)s
        where
            kind = %(kind)s
            and release <> %(release)s
            and is_complete
            and valid_from <= %(end)s
            and (valid_to is null or valid_to > %(end)s)
        """,
        {"kind": kind.name, "release": release, "end": start - DAY},
    )


def _days(start: date, end: date | None) -> str:
    return f"[{start},{end + DAY if end else ''})"
