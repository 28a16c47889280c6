"""One file, one transaction: rows, quarantine, changes and the receipt's state, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, extras, sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion.contract import Feed, load_feed, load_layout
from ingestion.copying import copy_rows
from ingestion.errors import LoadFailedError, Refused
from ingestion.messages import message
from ingestion.reader import FileReader, Ledger
from ingestion.receipts import Receipt, loaded_twin, register
from ingestion.stream import TextFile


@dataclass(frozen=True)
class Outcome:
    """What became of a file. quarantined: code -> rows; messages: fixed template, no values."""

    receipt_id: int
    payor: str
    feed: str
    alias: str
    state: str
    code: str | None = None
    lines: int = 0
    rows: int = 0
    accepted: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    messages: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        head = f"{self.payor}/{self.feed} {self.alias}: {self.state}"
        counts = f" ({self.accepted} rows taken in, {self.rows - self.accepted} quarantined)"
        return "\n".join([head + (counts if self.state == "loaded" else ""), *self.messages])


class _AlreadyLoadedError(Exception):
    """Another receipt holds the same plaintext. twin: its id."""

    def __init__(self, twin: int | None) -> None:
        self.twin = twin
        super().__init__("the same content is loaded")


def receive(
    conn: Connection, payor: str, feed: str, layout: str, path: str | Path, business_date: date
) -> Outcome:
    """Registers a file and loads it. See `register` and `load_receipt` for what is raised."""
    return load_receipt(conn, register(conn, payor, feed, layout, path, business_date))


def load_receipt(conn: Connection, receipt: Receipt) -> Outcome:
    """Loads a received file in one transaction and commits; any other state is only reported.

    A broken rule rolls everything back and leaves a refused receipt. Calling again after a crash,
    or from two processes at once, loads the file once. Raises LoadFailedError (nothing stored).
    """
    if receipt.state != "received":
        return _without_rows(receipt)
    try:
        with conn:
            return _load(conn, receipt)
    except Refused as refusal:
        return _close(conn, receipt, "refused", refusal=refusal)
    except _AlreadyLoadedError as known:
        return _close(conn, receipt, "duplicate", twin=known.twin)
    except errors.UniqueViolation:
        # Lost a race against a process that does not take our lock.
        return _close(conn, receipt, "duplicate")
    except psycopg2.Error as error:
        raise LoadFailedError(receipt.receipt_id, error.pgcode) from None


def _load(conn: Connection, receipt: Receipt) -> Outcome:
    feed, layout = load_feed(receipt.feed), load_layout(receipt.layout)
    with conn.cursor() as cursor:
        _claim(cursor, receipt)
        file = TextFile(receipt.path, layout.containers)
        reader = FileReader(file, feed, layout)
        stored = copy_rows(conn, reader, f"raw_{receipt.payor}", receipt.receipt_id)
        if file.plaintext_sha256 != receipt.plaintext_sha256:
            raise Refused("E-CHANGED", found="changed")
        if stored != reader.ledger.accepted:
            # The database skipped a row without a notice we could read: refuse to guess which.
            raise LoadFailedError(receipt.receipt_id, None)
        total = _control_total(cursor, receipt, feed)
        if total is not None:
            reader.verify_total(total)
        _quarantine(cursor, receipt, reader.ledger)
        _mark_changes(cursor, receipt, feed)
        _mark_loaded(cursor, receipt, reader.ledger, total)
    return _loaded(receipt, reader)


def _claim(cursor: Any, receipt: Receipt) -> None:
    """Waits for any other load of the same content, then makes sure there was none."""
    key = f"{receipt.payor}/{receipt.feed}/{receipt.plaintext_sha256}"
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    twin = loaded_twin(cursor, receipt)
    if twin is not None:
        raise _AlreadyLoadedError(twin)


def _control_total(cursor: Any, receipt: Receipt, feed: Feed) -> Decimal | None:
    """Sum of the control column over the stored rows, None for feeds without one."""
    if feed.control_column is None:
        return None
    statement = sql.SQL("select coalesce(sum({}), 0) from {} where receipt_id = %s").format(
        sql.Identifier(feed.control_column), _table(receipt)
    )
    cursor.execute(statement, (receipt.receipt_id,))
    return Decimal(cursor.fetchone()[0])


def _table(receipt: Receipt) -> sql.Identifier:
    return sql.Identifier(f"raw_{receipt.payor}", receipt.feed)


def _quarantine(cursor: Any, receipt: Receipt, ledger: Ledger) -> None:
    rows = sorted(ledger.rejected, key=lambda row: row.record_no)
    extras.execute_values(
        cursor,
        "insert into ops.quarantine (payor_id, receipt_id, record_no, code, field) values %s",
        [(receipt.payor, receipt.receipt_id, r.record_no, r.code, r.field) for r in rows],
        page_size=1000,
    )


PERSON = "coalesce(nullif(raw.member_id, ''), raw.person_id)"
# Known persons are left out before anything is drawn for them: most rows are of known persons.
# Two loads of one payor meet in vault.person: the same order keeps them from deadlocking.
NEW_PERSONS = f"""
    insert into vault.person (payor_id, member_id)
    select %(payor)s, sent.member_id
    from (select {PERSON} from {{table}} as raw where receipt_id = %(receipt)s group by 1)
        as sent (member_id)
    where not exists (
        select from vault.person
        where person.payor_id = %(payor)s and person.member_id = sent.member_id
    )
    order by sent.member_id
    on conflict do nothing
"""
CHANGES = {
    "claim_family": """
        select 'claim_family', md5(%(payor)s || '|' || sent.claim_id)
        from (
            select coalesce(nullif(original_claim_id, ''), claim_id)
            from {table}
            where receipt_id = %(receipt)s
            group by 1
        ) as sent (claim_id)
    """,
    "person": f"""
        select 'person', person.person_key::text
        from (select {PERSON} from {{table}} as raw where receipt_id = %(receipt)s group by 1)
            as sent (member_id)
        inner join vault.person
            on person.payor_id = %(payor)s and person.member_id = sent.member_id
    """,
    "case": """
        select 'case', md5(%(payor)s || '|' || consultation_id)
        from {table}
        where receipt_id = %(receipt)s
        group by consultation_id
    """,
}


def _mark_changes(cursor: Any, receipt: Receipt, feed: Feed) -> None:
    """New persons, and what the night must recompute because of this file."""
    values = {"payor": receipt.payor, "receipt": receipt.receipt_id}
    if feed.introduces_person:
        cursor.execute(sql.SQL(NEW_PERSONS).format(table=_table(receipt)), values)
    touched = sql.SQL(CHANGES[feed.change_entity]).format(table=_table(receipt))
    insert = sql.SQL(
        """
        insert into ops.change (payor_id, entity, key, cause, receipt_id)
        select %(payor)s, touched.entity, touched.key, 'receipt', %(receipt)s
        from ({}) as touched (entity, key)
        """
    )
    cursor.execute(insert.format(touched), values)


def _mark_loaded(cursor: Any, receipt: Receipt, ledger: Ledger, total: Decimal | None) -> None:
    """control_total: what was stored; with the quarantined amounts it made the sender's total."""
    cursor.execute(
        """
        update ops.receipt
        set
            state = 'loaded',
            code = null,
            lines = %s,
            header_lines = %s,
            trailer_lines = %s,
            blank_lines = %s,
            accepted = %s,
            quarantined = %s,
            control_total = %s
        where receipt_id = %s and state = 'received'
        """,
        (
            ledger.lines, ledger.header_lines, ledger.trailer_lines, ledger.blank_lines,
            ledger.accepted, len(ledger.rejected), total, receipt.receipt_id,
        ),
    )  # fmt: skip
    if cursor.rowcount != 1:
        raise LoadFailedError(receipt.receipt_id, None)


def _close(
    conn: Connection,
    receipt: Receipt,
    state: str,
    refusal: Refused | None = None,
    twin: int | None = None,
) -> Outcome:
    """Writes the end of a receipt that stored nothing; keeps the end it has if it has one."""
    if state == "duplicate" and twin == receipt.receipt_id:
        return _outcome(receipt, "loaded")  # another process loaded this very receipt
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            update ops.receipt
            set state = %s, code = %s, duplicate_of = %s
            where receipt_id = %s and state = 'received'
            """,
            (state, refusal.code if refusal else "I-DUP", twin, receipt.receipt_id),
        )
    return _without_rows(replace(receipt, state=state, refusal=refusal, duplicate_of=twin))


def _without_rows(receipt: Receipt) -> Outcome:
    refusal = receipt.refusal
    if refusal is None:
        code = "I-DUP" if receipt.state == "duplicate" else None
        texts = [message(code, receipt.origin)] if code else []
        return _outcome(receipt, receipt.state, code, texts)
    place = (refusal.line, refusal.field, refusal.found)
    text = message(refusal.code, receipt.origin, *place, action="refused")
    return _outcome(receipt, receipt.state, refusal.code, [text])


def _outcome(
    receipt: Receipt, state: str, code: str | None = None, texts: Iterable[str] = ()
) -> Outcome:
    return Outcome(
        receipt_id=receipt.receipt_id,
        payor=receipt.payor,
        feed=receipt.feed,
        alias=receipt.alias,
        state=state,
        code=code,
        messages=tuple(texts),
    )


def _loaded(receipt: Receipt, reader: FileReader) -> Outcome:
    ledger = reader.ledger
    texts = [message(code, receipt.origin) for code in reader.warnings]
    codes = Counter(row.code for row in ledger.rejected)
    for code in sorted(codes):
        first = min((r for r in ledger.rejected if r.code == code), key=lambda r: r.record_no)
        count = f"count({codes[code]})"
        texts.append(message(code, receipt.origin, first.record_no, first.field, count))
    return replace(
        _outcome(receipt, "loaded", texts=texts),
        lines=ledger.lines,
        rows=ledger.rows,
        accepted=ledger.accepted,
        quarantined=dict(sorted(codes.items())),
    )
