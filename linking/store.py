"""What linking reads from and writes to the warehouse, as the role `linker`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import psycopg
from psycopg.rows import dict_row

from linking.decide import Terms, Verdict, Words
from linking.normalise import FIELDS, SOURCES, normalise

SOURCE = "consultation"
PEOPLE_FEEDS = ("eligibility", "member")
CHUNK = 20_000
COLUMNS = tuple(column for columns in SOURCES.values() for column in columns)
LIST = ", ".join(f"i.{column}" for column in COLUMNS)


@dataclass(frozen=True)
class Payor:
    """terms: when a link is sure; country: ISO 3166-1."""

    payor_id: str
    terms: Terms
    country: str


def payor(conn: psycopg.Connection, payor_id: str) -> Payor:
    row = conn.execute(
        """
        select link_upper::float, link_lower::float, link_margin::float, country_code
        from ops.payor
        where payor_id = %s
        """,
        (payor_id,),
    ).fetchone()
    assert row is not None  # the run's fence knows the payor
    return Payor(payor_id, Terms(*row[:3]), row[3])


def inputs(conn: psycopg.Connection, who: Payor) -> str | None:
    """What the links are made of, in short; None when there is nothing to link."""
    row = conn.execute(
        """
        select
            (
                select concat_ws('/', count(*), max(receipt_id))
                from ops.receipt
                where
                    payor_id = %(payor)s
                    and state = 'loaded'
                    and string_to_array(coalesce(targets, feed), ',') && %(feeds)s
            ),
            (
                select md5(string_agg(
                    concat_ws('/', receipt_id, first_record, last_record), ','
                    order by receipt_id, first_record, last_record
                ))
                from ops.withdrawn
                where payor_id = %(payor)s
            ),
            (select max(decision_id) from vault.link_decision where payor_id = %(payor)s)
        where exists (
            select from vault.kept_identity where payor_id = %(payor)s and feed = %(source)s
        )
        """,
        {"payor": who.payor_id, "source": SOURCE, "feeds": [SOURCE, *PEOPLE_FEEDS]},
    ).fetchone()
    return None if row is None else repr((row, who.terms, who.country))


def last_fingerprint(conn: psycopg.Connection, who: Payor) -> str | None:
    row = conn.execute(
        "select fingerprint from ops.linkage where payor_id = %s order by run_epoch desc limit 1",
        (who.payor_id,),
    ).fetchone()
    return str(row[0]) if row else None


def records(conn: psycopg.Connection, who: Payor) -> pd.DataFrame:
    """`owner` (consultation id) and FIELDS: of each record the newest description that tells."""
    query = f"""
        select distinct on (i.source_key) i.source_key as owner, {LIST}
        from vault.kept_identity as i
        where i.payor_id = %(payor)s and i.feed = %(source)s
        order by
            i.source_key, num_nonnulls({LIST}) = 0, i.version_order desc, row({LIST})::text desc
    """
    return _frame(conn, query, who)


def people(conn: psycopg.Connection, who: Payor) -> pd.DataFrame:
    """`owner` (member id) and FIELDS of every description of a known person."""
    query = f"""
        select distinct p.member_id as owner, {LIST}
        from vault.kept_identity as i
        inner join vault.person as p on i.payor_id = p.payor_id and i.source_key = p.member_id
        where i.payor_id = %(payor)s and i.feed = any(%(feeds)s)
    """
    return _frame(conn, query, who)


def _frame(conn: psycopg.Connection, query: str, who: Payor) -> pd.DataFrame:
    parts = [pd.DataFrame(columns=["owner", *FIELDS], dtype="string")]
    for rows in _chunks(conn, query, who):
        columns = {"owner": [row["owner"] for row in rows]} | normalise(rows, who.country)
        parts.append(pd.DataFrame(columns, dtype="string"))
    return pd.concat(parts, ignore_index=True)


def _chunks(conn: psycopg.Connection, query: str, who: Payor) -> Iterator[list[dict[str, Any]]]:
    values = {"payor": who.payor_id, "source": SOURCE, "feeds": list(PEOPLE_FEEDS)}
    with conn.cursor("identities", row_factory=dict_row) as cursor:
        cursor.execute(query.encode(), values)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def exact(conn: psycopg.Connection, who: Payor) -> dict[str, str]:
    """Record -> the member id that one of its versions names and the payor knows."""
    rows = conn.execute(
        """
        select distinct on (i.source_key) i.source_key, p.member_id
        from vault.kept_identity as i
        inner join vault.person as p on i.payor_id = p.payor_id and i.member_id = p.member_id
        where i.payor_id = %s and i.feed = %s
        order by i.source_key, i.version_order desc, p.member_id
        """,
        (who.payor_id, SOURCE),
    )
    return {str(key): str(member) for key, member in rows}


def words(conn: psycopg.Connection, who: Payor) -> Words:
    """What stewards said, the later word taking back the earlier. Persons by member id."""
    found = Words()
    rows = conn.execute(
        """
        select d.source_key, p.member_id, d.verdict
        from vault.link_decision as d
        left join vault.person as p on d.payor_id = p.payor_id and d.person_key = p.person_key
        where d.payor_id = %s and d.source = %s
        order by d.decision_id
        """,
        (who.payor_id, SOURCE),
    )
    for key, member, verdict in rows:
        rejected = found.rejected.setdefault(key, set())
        if verdict == "accept":
            found.accepted[key] = member
            rejected -= {member, None}
        else:
            rejected.add(member)
            if member is None or found.accepted.get(key) == member:
                found.accepted.pop(key, None)
    return found


def write(
    conn: psycopg.Connection, who: Payor, verdicts: list[Verdict], version: str, as_of: date
) -> int:
    """Stores what changed and marks those cases; the number of links that changed."""
    keys = person_keys(conn, who, _members(verdicts))
    current = _current(conn, who)
    changed = [
        verdict
        for verdict in verdicts
        if current.get(verdict.key, (None,))[1:]
        != (verdict.status, keys.get(verdict.person or ""), verdict.method)
    ]
    conn.cursor().executemany(
        "update vault.link set is_superseded = true where link_id = %s",
        [(current[verdict.key][0],) for verdict in changed if verdict.key in current],
    )
    _insert(conn, who, changed, keys, version, as_of)
    _replace_candidates(conn, who, verdicts, keys)
    moved = [
        verdict.key
        for verdict in changed
        if (current[verdict.key][2] if verdict.key in current else None)
        != keys.get(verdict.person or "")
    ]
    _mark(conn, who, moved)
    return len(moved)


def _members(verdicts: Iterable[Verdict]) -> set[str]:
    """Everybody the verdicts name."""
    named = [[v.person, *(candidate.person for candidate in v.candidates)] for v in verdicts]
    return {member for members in named for member in members if member}


def person_keys(conn: psycopg.Connection, who: Payor, members: Iterable[str]) -> dict[str, Any]:
    """Member id -> person key."""
    rows = conn.execute(
        "select member_id, person_key from vault.person"
        " where payor_id = %s and member_id = any(%s)",
        (who.payor_id, sorted(members)),
    )
    return dict(rows.fetchall())


def _current(conn: psycopg.Connection, who: Payor) -> dict[str, tuple[Any, ...]]:
    """key -> (link_id, status, person_key, method)."""
    rows = conn.execute(
        """
        select source_key, link_id, status, person_key, method
        from vault.link
        where payor_id = %s and source = %s and not is_superseded
        """,
        (who.payor_id, SOURCE),
    )
    return {str(row[0]): tuple(row[1:]) for row in rows}


def _insert(
    conn: psycopg.Connection,
    who: Payor,
    verdicts: Iterable[Verdict],
    keys: Mapping[str, Any],
    version: str,
    as_of: date,
) -> None:
    conn.cursor().executemany(
        """
        insert into vault.link (
            payor_id, source, source_key, status, person_key, method, reason, weight, probability,
            model_version, decided_as_of
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            (
                who.payor_id, SOURCE, verdict.key, verdict.status, keys.get(verdict.person or ""),
                verdict.method, verdict.reason, verdict.weight, verdict.probability, version, as_of,
            )
            for verdict in verdicts
        ],
    )  # fmt: skip


def _replace_candidates(
    conn: psycopg.Connection, who: Payor, verdicts: Iterable[Verdict], keys: Mapping[str, Any]
) -> None:
    conn.execute(
        "delete from vault.link_candidate where payor_id = %s and source = %s",
        (who.payor_id, SOURCE),
    )
    conn.cursor().executemany(
        "insert into vault.link_candidate values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (
                who.payor_id, SOURCE, verdict.key, keys[candidate.person], number,
                candidate.weight, candidate.probability, candidate.agreement,
            )
            for verdict in verdicts
            for number, candidate in enumerate(verdict.candidates, 1)
        ],
    )  # fmt: skip


def _mark(conn: psycopg.Connection, who: Payor, keys: Iterable[str]) -> None:
    """These cases moved to another person, found one or lost theirs."""
    conn.cursor().executemany(
        """
        insert into ops.change (payor_id, entity, key, cause)
        values (%(payor)s, 'case', md5(%(payor)s || '|' || %(key)s), 'linkage')
        """,
        [{"payor": who.payor_id, "key": key} for key in keys],
    )


def summarise(
    conn: psycopg.Connection,
    who: Payor,
    epoch: int,
    facts: Mapping[str, Any],
) -> None:
    """One row of `ops.linkage`; facts: its further columns."""
    row = {
        "payor_id": who.payor_id,
        "run_epoch": epoch,
        "upper_threshold": who.terms.upper,
        "lower_threshold": who.terms.lower,
        "margin": who.terms.margin,
        **facts,
    }
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    updates = ", ".join(f"{name} = excluded.{name}" for name in list(row)[2:])
    conn.execute(
        f"insert into ops.linkage ({names}) values ({values})"
        f" on conflict (payor_id, run_epoch) do update set {updates}".encode(),
        row,
    )


def links_hash(verdicts: Iterable[Verdict]) -> str:
    """Digest of who is linked to whom, whatever order it came about in."""
    lines = sorted(f"{verdict.key}\t{verdict.person}" for verdict in verdicts if verdict.person)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
