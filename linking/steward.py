"""The steward's part: look at what is in review, say who is who.

A decision is a row that is never changed; the next night's `link` step obeys it. Identifiers leave
the vault by `export` only, into a file that nobody else can read, and every export is on record.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from linking import store
from linking.duplicates import suspicions
from linking.store import PEOPLE_FEEDS, SOURCE

SHOWN = (
    "first_name", "middle_name", "last_name", "birth_date", "gender", "address", "zip_code", "city",
    "phone", "email", "social_security_number", "card_number",
)  # fmt: skip
HEAD = ("consultation", "candidate", "person_key", "reason", "weight", "probability", "agreement")
DECISIONS = ("accept", "reject", "no_member", "")
# A cell that starts so is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class LinkError(ValueError):
    """A decision that cannot be taken. Facts: code, line (of a file, else None)."""

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code if line is None else f"{code} line {line}")
        self.code, self.line = code, line


@dataclass(frozen=True)
class Decision:
    """verdict: accept, reject (this person), or no_member (nobody; person_key is None)."""

    consultation: str
    person_key: str | None
    verdict: str
    line: int | None = None


def listing(conn: psycopg.Connection, payor: str, status: str = "review") -> list[dict[str, Any]]:
    """One row per record and candidate, no identifiers: safe to print."""
    return conn.cursor(row_factory=dict_row).execute(
        """
        select
            l.source_key as consultation,
            l.status,
            l.method,
            l.reason,
            c.candidate_no as candidate,
            coalesce(c.person_key, l.person_key)::text as person_key,
            coalesce(c.weight, l.weight) as weight,
            round(coalesce(c.probability, l.probability), 4) as probability,
            c.agreement
        from vault.link as l
        left join vault.link_candidate as c
            on l.payor_id = c.payor_id and l.source = c.source and l.source_key = c.source_key
        where
            l.payor_id = %s
            and l.source = %s
            and not l.is_superseded
            and l.status = %s
        order by l.source_key, c.candidate_no
        """,
        (payor, SOURCE, status),
    ).fetchall()  # fmt: skip


def doubtful_members(conn: psycopg.Connection, payor: str) -> list[dict[str, Any]]:
    """Members that may be one person, or one id that may be two people; no identifiers."""
    who = store.payor(conn, payor)
    found = suspicions(store.people(conn, who))
    keys = store.person_keys(conn, who, {m for one in found for m in (one.first, one.second) if m})
    return [
        {
            "kind": one.kind,
            "person_key": str(keys[one.first]),
            "other_person_key": str(keys[one.second]) if one.second else None,
            "fields": one.agreement,
        }
        for one in found
    ]


def export(conn: psycopg.Connection, payor: str, path: Path, by: str) -> int:
    """Writes the review list with both sides' identifiers, mode 0600; the number of rows.

    The last column, `decision`, is for the steward to fill; `record` reads the file back. Raises
    FileExistsError: an old list is not overwritten.
    """
    rows = listing(conn, payor)
    sent = _sent(conn, payor)
    held = _held(conn, payor, {row["person_key"] for row in rows})
    head = [*HEAD, *(f"sent_{n}" for n in SHOWN), *(f"member_{n}" for n in SHOWN), "decision"]
    # private from its first byte
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for row in rows:
            left, right = sent.get(row["consultation"], {}), held.get(row["person_key"], {})
            cells = [*(row[name] for name in HEAD), *(left.get(name) for name in SHOWN),
                     *(right.get(name) for name in SHOWN), ""]  # fmt: skip
            writer.writerow([_cell(value) for value in cells])
    conn.execute(
        "insert into vault.access (payor_id, verb, accessed_by, rows_shown)"
        " values (%s, %s, %s, %s)",
        (payor, "export", by, len(rows)),
    )
    conn.commit()
    return len(rows)


def _sent(conn: psycopg.Connection, payor: str) -> dict[str, dict[str, Any]]:
    shown = ", ".join(SHOWN)
    query = f"""
        select distinct on (source_key) source_key, {shown}
        from vault.kept_identity
        where payor_id = %s and feed = %s
        order by
            source_key, num_nonnulls({shown}) = 0, version_order desc, row({shown})::text desc
    """
    rows = conn.cursor(row_factory=dict_row).execute(query.encode(), (payor, SOURCE))
    return {row["source_key"]: row for row in rows}


def _held(conn: psycopg.Connection, payor: str, keys: set[str]) -> dict[str, dict[str, Any]]:
    """The newest description of each person."""
    query = f"""
        select distinct on (p.person_key) p.person_key::text as person_key, {", ".join(SHOWN)}
        from vault.person as p
        inner join vault.kept_identity as i
            on p.payor_id = i.payor_id and p.member_id = i.source_key and i.feed = any(%s)
        where p.payor_id = %s and p.person_key::text = any(%s)
        order by p.person_key, i.receipt_id desc, i.record_no desc, i.expansion_no desc
    """
    rows = conn.cursor(row_factory=dict_row).execute(
        query.encode(), (list(PEOPLE_FEEDS), payor, sorted(keys))
    )
    return {row["person_key"]: row for row in rows}


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def read(path: Path) -> list[Decision]:
    """The decisions of an exported file; rows without one are passed over. Raises LinkError."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"consultation", "person_key", "decision"} <= set(rows.fieldnames or ()):
            raise LinkError("E-LINK-FILE")
        found = [_decision(row, line) for line, row in enumerate(rows, 2)]
    decisions = [decision for decision in found if decision]
    accepted = [d.consultation for d in decisions if d.verdict == "accept"]
    for decision in decisions:
        if decision.verdict == "accept" and accepted.count(decision.consultation) > 1:
            raise LinkError("E-LINK-TWICE", decision.line)
    return decisions


def _decision(row: dict[str, str], line: int) -> Decision | None:
    verdict = (row["decision"] or "").strip().lower()
    if verdict not in DECISIONS:
        raise LinkError("E-LINK-DECISION", line)
    if not verdict:
        return None
    person = None if verdict == "no_member" else row["person_key"]
    return Decision(row["consultation"].removeprefix("'"), person, verdict, line)


def record(conn: psycopg.Connection, payor: str, decisions: Iterable[Decision], by: str) -> int:
    """Stores all decisions or none; their number. Raises LinkError.

    by: who decided, 1 to 100 characters.
    """
    taken = list(decisions)
    with conn.transaction():
        for decision in taken:
            _check(conn, payor, decision)
            conn.execute(
                """
                insert into vault.link_decision (
                    payor_id, source, source_key, person_key, verdict, decided_by
                )
                values (%s, %s, %s, %s, %s, %s)
                """,
                (
                    payor, SOURCE, decision.consultation, decision.person_key,
                    "accept" if decision.verdict == "accept" else "reject", by,
                ),
            )  # fmt: skip
    conn.commit()
    return len(taken)


def _check(conn: psycopg.Connection, payor: str, decision: Decision) -> None:
    known = conn.execute(
        "select from vault.link where payor_id = %s and source = %s and source_key = %s",
        (payor, SOURCE, decision.consultation),
    )
    if known.fetchone() is None:
        raise LinkError("E-LINK-CONSULTATION", decision.line)
    if decision.verdict == "no_member":
        return
    person = conn.execute(
        "select from vault.person where payor_id = %s and person_key = %s",
        (payor, _uuid(decision)),
    )
    if person.fetchone() is None:
        raise LinkError("E-LINK-PERSON", decision.line)


def _uuid(decision: Decision) -> UUID:
    try:
        return UUID(decision.person_key or "")
    except ValueError:
        raise LinkError("E-LINK-PERSON", decision.line) from None
