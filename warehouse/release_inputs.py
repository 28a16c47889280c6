"""What a release is a function of: the same inputs again are the same release."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date

import psycopg

from warehouse.revision import code_revision


@dataclass(frozen=True)
class Inputs:
    """What a release is a function of; the same again is the same release.

    code_systems: of the diagnoses the payor had; reference_hash names the lists of these.
    reference_versions: JSON of what the reference hash stands for, for people.
    """

    as_of: date
    input_hash: str
    basis_id: int | None
    reference_hash: str
    contract_version: str
    code_revision: str
    code_systems: tuple[str, ...] = field(default=(), compare=False)
    reference_versions: str = field(default="{}", compare=False)


def current(
    conn: psycopg.Connection,
    as_of: date,
    input_hash: str,
    basis_id: int | None,
    code_systems: tuple[str, ...],
) -> Inputs:
    """The tuple that a release made now, of diagnoses in these systems, would carry."""
    row = conn.execute(
        """
        select
            reference.versions_hash(%(systems)s),
            contract_version,
            reference.versions(%(systems)s)::text
        from ops.installation
        """,
        {"systems": list(code_systems)},
    ).fetchone()
    assert row is not None
    name, contract, versions = row
    return Inputs(
        as_of, input_hash, basis_id, name, contract, code_revision(), code_systems, versions
    )


def code_systems(conn: psycopg.Connection, payor: str) -> tuple[str, ...]:
    """Code systems of the payor's stored diagnoses, in order."""
    row = conn.execute("select reference.systems(%s)", (payor,)).fetchone()
    assert row is not None
    return tuple(row[0])


def head(conn: psycopg.Connection, payor: str) -> tuple[int, Inputs] | None:
    """(release id, inputs) of the payor's newest release, wherever the pointer stands."""
    row = conn.execute(
        """
        select
            release_id, as_of, input_hash, basis_id, reference_hash, contract_version,
            code_revision, code_systems
        from ops.release
        where payor_id = %s
        order by release_id desc
        limit 1
        """,
        (payor,),
    ).fetchone()
    if row is None:
        return None
    release_id, *rest, systems = row
    return int(release_id), replace(Inputs(*rest), code_systems=tuple(systems))


def has_pending(conn: psycopg.Connection, payor: str, high_water: int | None) -> bool:
    """Whether changes up to the high water wait for a release."""
    row = conn.execute(
        """
        select exists (
            select 1 from ops.change
            where payor_id = %s and released_in is null and change_id <= %s
        )
        """,
        (payor, high_water or 0),
    ).fetchone()
    return bool(row and row[0])


def restatements(conn: psycopg.Connection, now: Inputs, then: Inputs | None) -> tuple[str, ...]:
    """Causes, other than data, for which every row has to be computed again.

    A code system that came since is none: its lists say nothing about rows of the others.
    """
    if then is None:
        return ()
    pairs = {
        "code": (now.code_revision, then.code_revision),
        "reference": (versions_hash(conn, then.code_systems), then.reference_hash),
        "contract": (now.contract_version, then.contract_version),
    }
    return tuple(cause for cause, (new, old) in pairs.items() if new != old)


def versions_hash(conn: psycopg.Connection, systems: tuple[str, ...]) -> str:
    """Names the reference data as it is now, for figures that know these code systems."""
    row = conn.execute("select reference.versions_hash(%s)", (list(systems),)).fetchone()
    assert row is not None
    return str(row[0])


def basis_at(conn: psycopg.Connection, payor: str, as_of: date) -> int | None:
    """The newest basis not after as_of; the night may estimate a newer one."""
    row = conn.execute(
        """
        select basis_id
        from ops.basis
        where payor_id = %s and estimated_as_of <= %s
        order by estimated_as_of desc, basis_id desc
        limit 1
        """,
        (payor, as_of),
    ).fetchone()
    return int(row[0]) if row else None


def read_inputs(conn: psycopg.Connection, payor: str) -> tuple[str, int, str]:
    """(input hash, change high water, snapshot), all as of one moment: one statement.

    The hash covers the payor's terms, the loaded contents, what was withdrawn of them and who is
    linked to whom, whatever order it came about in.
    """
    row = conn.execute(
        """
        select
            p.config_hash,
            (
                select string_agg(
                    concat_ws('|', r.feed, r.layout, r.plaintext_sha256, r.quarantined), e'\n'
                    order by r.feed, r.layout, r.plaintext_sha256
                )
                from ops.receipt as r
                where r.payor_id = p.payor_id and r.state = 'loaded'
            ),
            (
                select string_agg(
                    concat_ws('|', r.plaintext_sha256, w.first_record, w.last_record), e'\n'
                    order by r.plaintext_sha256, w.first_record, w.last_record
                )
                from ops.withdrawn as w
                inner join ops.receipt as r on w.receipt_id = r.receipt_id
                where w.payor_id = p.payor_id
            ),
            (
                select l.links_hash
                from ops.linkage as l
                where l.payor_id = p.payor_id
                order by l.run_epoch desc
                limit 1
            ),
            (
                select coalesce(max(c.change_id), 0)
                from ops.change as c
                where c.payor_id = p.payor_id
            ),
            pg_current_snapshot()::text
        from ops.payor as p
        where p.payor_id = %s
        """,
        (payor,),
    ).fetchone()
    assert row is not None  # the fence knows the payor
    terms, contents, withdrawn, links, high_water, snapshot = row
    known = [terms, contents or "", *(part for part in (withdrawn, links) if part)]
    digest = hashlib.sha256("\n".join(known).encode()).hexdigest()
    return digest, int(high_water), str(snapshot)
