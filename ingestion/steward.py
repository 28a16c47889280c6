"""What a steward sees and does: held files, quarantined rows, and the five decisions about them.

Every decision is one transaction with its entry in `ops.steward_action`: who, when, why. `who` and
`when` come from the caller. Nothing here returns a value of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import RealDictCursor

from ingestion.errors import IngestionError
from ingestion.messages import RULES
from ingestion.outcome import Outcome
from ingestion.receipts import COLUMNS, Receipt, places, stored
from ingestion.replay import Replayed, replay_refused, replay_rows
from ingestion.withdraw import (
    CODE,
    is_stored,
    other_version,
    restore,
    was_withdrawn,
    withdraw,
)

REASON_LIMIT = 500


class StewardError(IngestionError):
    """A decision that cannot be carried out. Facts: receipt_id, problem (words without values)."""

    def __init__(self, receipt_id: int, problem: str) -> None:
        self.receipt_id, self.problem = receipt_id, problem
        super().__init__(f"receipt {receipt_id}: {problem}")


@dataclass(frozen=True)
class Decision:
    """Who decides, when, and why."""

    actor: str
    at: datetime
    reason: str


def items(conn: Connection, payor: str, with_refused: bool = False) -> list[dict[str, Any]]:
    """Held files and rows that are not taken in: receipt, state, code, field and how many.

    rows is None for whole files.
    """
    states = ["held", *(["refused"] if with_refused else [])]
    with conn, conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select
                receipt_id, feed, business_date, state, code, null as field, null::bigint as rows
            from ops.receipt
            where payor_id = %(payor)s and state = any(%(states)s)
            union all
            select q.receipt_id, r.feed, r.business_date, q.state, q.code, q.field, count(*)
            from ops.quarantine as q
            inner join ops.receipt as r on q.receipt_id = r.receipt_id
            where q.payor_id = %(payor)s and q.state in ('quarantined', 'withdrawn')
            group by 1, 2, 3, 4, 5, 6
            order by receipt_id, state, code, field
            """,
            {"payor": payor, "states": states},
        )
        return [dict(row) for row in cursor.fetchall()]


def details(conn: Connection, payor: str, receipt_id: int) -> dict[str, Any]:
    """One receipt: its facts, the place and rule of every row left out, what was decided.

    Raises StewardError for a receipt that is not the payor's.
    """
    with conn, conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select
                receipt_id, feed, layout, file_alias, business_date, state, code, lines, accepted,
                quarantined, skipped, warnings, duplicate_of, earlier_receipt, admitted, admitted_as
            from ops.receipt
            where payor_id = %s and receipt_id = %s
            """,
            (payor, receipt_id),
        )
        facts = cursor.fetchone()
        if facts is None:
            raise StewardError(receipt_id, "is no receipt of this payor")
        found = dict(facts)
        cursor.execute(
            """
            select record_no as line, code, field, state
            from ops.quarantine
            where receipt_id = %s
            order by record_no, code, field
            """,
            (receipt_id,),
        )
        found["records"] = [dict(row) for row in cursor.fetchall()]
        cursor.execute(
            """
            select action, record_no as line, detail, reason, actor, acted_at
            from ops.steward_action
            where receipt_id = %s
            order by action_id
            """,
            (receipt_id,),
        )
        found["decisions"] = [dict(row) for row in cursor.fetchall()]
    found["rules"] = _rules(found)
    return found


def _rules(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What each code of a receipt means, and what the sender should do about it."""
    codes = {found["code"], *(row["code"] for row in found["records"])}
    codes |= set((found["warnings"] or "").split(","))
    return {
        code: {
            "rule": RULES[code].broken, "expected": RULES[code].expected, "fix": RULES[code].fix
        }
        for code in sorted(codes.intersection(RULES))
    }  # fmt: skip


def release(
    conn: Connection, payor: str, receipt_id: int, admitted_as: str, decision: Decision
) -> Receipt:
    """Admits a held file: the next `receive` or night loads it.

    admitted_as: add, or replace: then the file of which it is a second version leaves the figures
    when this one is loaded. Raises StewardError.
    """
    with conn, conn.cursor() as cursor:
        receipt = _locked(cursor, payor, receipt_id)
        if receipt.state != "held":
            raise StewardError(receipt_id, f"is not held, but {receipt.state}")
        if admitted_as == "replace" and receipt.earlier is None:
            raise StewardError(receipt_id, "is no second version of a file: release it --as add")
        cursor.execute(
            """
            update ops.receipt
            set
                state = 'received',
                admitted = concat_ws(',', admitted, code),
                admitted_as = case when admitted_as = 'replace' then 'replace' else %s end
            where receipt_id = %s
            """,
            (admitted_as, receipt_id),
        )
        detail = f"replace {receipt.earlier}" if admitted_as == "replace" else "add"
        _record(cursor, receipt, "release", decision, detail)
        return replace(receipt, state="received", admitted_as=admitted_as)


def take_out(
    conn: Connection, payor: str, receipt_id: int, record_no: int | None, decision: Decision
) -> str:
    """Withdraws a loaded file or one record of it from all figures, or a held file for good.

    Returns what became of it: withdrawn or refused. Raises StewardError.
    """
    with conn, conn.cursor() as cursor:
        receipt = _locked(cursor, payor, receipt_id)
        if receipt.state == "held" and record_no is None:
            cursor.execute(
                "update ops.receipt set state = 'refused', code = %s where receipt_id = %s",
                (CODE, receipt_id),
            )
            _record(cursor, receipt, "withdraw", decision, "refused")
            return "refused"
        if receipt.state != "loaded":
            raise StewardError(receipt_id, f"is not loaded, but {receipt.state}")
        if record_no is not None and not is_stored(cursor, receipt, record_no):
            raise StewardError(receipt_id, "has no such record among the rows taken in")
        withdraw(cursor, receipt, record_no)
        _record(cursor, receipt, "withdraw", decision, "", record_no)
        return "withdrawn"


def put_back(
    conn: Connection, payor: str, receipt_id: int, record_no: int | None, decision: Decision
) -> str:
    """Takes the withdrawal of a file or of one record of it back; returns `restored`.

    Not while another version of the file counts: its rows would count twice. Raises StewardError.
    """
    with conn, conn.cursor() as cursor:
        receipt = _locked(cursor, payor, receipt_id)
        if receipt.state != "loaded":
            raise StewardError(receipt_id, f"is not loaded, but {receipt.state}")
        if not was_withdrawn(cursor, receipt, record_no):
            raise StewardError(receipt_id, "was not withdrawn as such: see quarantine show")
        other = other_version(cursor, receipt) if record_no is None else None
        if other is not None:
            raise StewardError(receipt_id, f"is a version of {other}: withdraw that first")
        restore(cursor, receipt, record_no)
        _record(cursor, receipt, "restore", decision, "", record_no)
        return "restored"


def replay(
    conn: Connection, payor: str, receipt_id: int, path: Path, decision: Decision
) -> Outcome | Replayed:
    """Reads a refused file, or the quarantined rows of a loaded one, under today's contracts.

    path: where the file lies. Raises StewardError, Refused, LoadFailedError and what a load raises.
    """
    with conn, conn.cursor() as cursor:
        receipt = replace(_locked(cursor, payor, receipt_id), path=path)
        if receipt.state == "loaded":
            done = replay_rows(cursor, receipt)
            detail = f"taken in {done.taken_in}, quarantined {done.still_quarantined}"
            _record(cursor, receipt, "replay", decision, detail)
            return done
        if receipt.state != "refused":
            raise StewardError(receipt_id, f"is neither refused nor loaded, but {receipt.state}")
        _record(cursor, receipt, "replay", decision, "whole file")
    return replay_refused(conn, receipt)


def file_of(
    conn: Connection, payor: str, receipt_id: int, landing_dir: Path, given: Path | None
) -> Path:
    """Where the receipt's file lies: in landing, by content, or where the steward says.

    Raises StewardError.
    """
    if given is not None:
        return given
    with conn, conn.cursor() as cursor:
        receipt = _locked(cursor, payor, receipt_id)
    found = places(landing_dir, payor, [receipt.feed])
    path = found.get((receipt.feed, receipt.file_sha256))
    if path is None:
        raise StewardError(receipt_id, "its file is not in landing: name it with --file")
    return path


def _locked(cursor: Any, payor: str, receipt_id: int) -> Receipt:
    cursor.execute(
        f"select {COLUMNS} from ops.receipt where payor_id = %s and receipt_id = %s for update",
        (payor, receipt_id),
    )
    row = cursor.fetchone()
    if row is None:
        raise StewardError(receipt_id, "is no receipt of this payor")
    return stored(payor, Path(), row)


def _record(
    cursor: Any,
    receipt: Receipt,
    action: str,
    decision: Decision,
    detail: str,
    record_no: int | None = None,
) -> None:
    reason = " ".join(decision.reason.split())
    if not 0 < len(reason) <= REASON_LIMIT:
        raise StewardError(receipt.receipt_id, f"the reason takes 1 to {REASON_LIMIT} characters")
    cursor.execute(
        """
        insert into ops.steward_action (
            payor_id, receipt_id, record_no, action, detail, reason, actor, acted_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            receipt.payor, receipt.receipt_id, record_no, action, detail, reason,
            decision.actor, decision.at,
        ),
    )  # fmt: skip
