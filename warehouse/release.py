"""Runs and releases: everything a night needs from the warehouse, under one name.

A release is what readers of `bi` see of a payor. Rows carry the range of releases they are part
of, so a release costs what changed, and every past one can be shown again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import psycopg

from warehouse.candidates import CandidateError
from warehouse.publish import PublishResult, move_pointer, publish
from warehouse.runs import (
    FencedError,
    NoRunError,
    Run,
    blocking_checks,
    current_run,
    mark,
    open_run,
    seal_inputs,
)
from warehouse.verdicts import OlderThanHead, PublishBlocked

__all__ = [
    "CandidateError",
    "FencedError",
    "NoRunError",
    "OlderThanHead",
    "PublishBlocked",
    "PublishResult",
    "Release",
    "Run",
    "UnknownReleaseError",
    "blocking_checks",
    "current_run",
    "mark",
    "open_run",
    "publish",
    "releases",
    "rollback",
    "seal_inputs",
]


class UnknownReleaseError(LookupError):
    """The payor has no such release. Facts: payor, release_id."""

    def __init__(self, payor: str, release_id: int) -> None:
        super().__init__(f"E-RELEASE-UNKNOWN {payor} {release_id}")
        self.payor, self.release_id = payor, release_id


@dataclass(frozen=True)
class Release:
    """One published release; is_visible = readers see it now."""

    release_id: int
    as_of: date
    rows_opened: int
    rows_closed: int
    is_visible: bool


def releases(conn: psycopg.Connection, payor: str) -> list[Release]:
    """All releases of the payor, oldest first."""
    rows = conn.execute(
        """
        select
            r.release_id,
            r.as_of,
            r.rows_opened,
            r.rows_closed,
            p.release_id is not null
        from ops.release as r
        left join ops.release_pointer as p
            on r.payor_id = p.payor_id and r.release_id = p.release_id
        where r.payor_id = %s
        order by r.release_id
        """,
        (payor,),
    )
    return [Release(*row) for row in rows]


def rollback(conn: psycopg.Connection, payor: str, to: int) -> None:
    """Show another release of the payor; no row is touched. Raises UnknownReleaseError."""
    with conn.transaction():
        if to not in [release.release_id for release in releases(conn, payor)]:
            raise UnknownReleaseError(payor, to)
        move_pointer(conn, payor, to, "rollback")
    conn.commit()
