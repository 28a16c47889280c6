"""One file, one transaction: rows, quarantine, changes and the receipt's state, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, extras, sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion import holds
from ingestion.contract import Feed, Layout, load_feed, load_layout
from ingestion.copying import copy_records, copy_rows
from ingestion.deletions import FEED as DELETIONS
from ingestion.deletions import void_deleted
from ingestion.errors import Held, LoadFailedError, Refused
from ingestion.learned import Learned, learn
from ingestion.limits import enforce
from ingestion.outcome import Outcome, loaded, plain, without_rows
from ingestion.owner import verify_owner
from ingestion.parts import close_part, open_part, wants_part
from ingestion.reader import FileReader, Ledger
from ingestion.receipts import COLUMNS, Receipt, loaded_twin, register, stored
from ingestion.rules.stored import Stored, settle, survey
from ingestion.series import series_warning
from ingestion.source import SourceReader
from ingestion.stream import TextFile
from ingestion.terms import Terms, agreed
from ingestion.touched import mark_changes, mark_part
from ingestion.withdraw import withdraw


class _AlreadyLoadedError(Exception):
    """Another receipt holds the same plaintext. twin: its id."""

    def __init__(self, twin: int | None) -> None:
        self.twin = twin
        super().__init__("the same content is loaded")


def receive(
    conn: Connection, payor: str, feed: str, layout: str, path: str | Path, business_date: date
) -> Outcome:
    """Registers a file that was handed over and loads it.

    See `register` and `load_receipt` for what is raised.
    """
    receipt = register(conn, payor, feed, layout, path, business_date, by_hand=True)
    return load_receipt(conn, receipt)


def load_receipt(conn: Connection, receipt: Receipt) -> Outcome:
    """Loads a received file in one transaction and commits; any other state is only reported.

    A broken rule rolls everything back and leaves a refused receipt, a reason to ask a steward a
    held one. Calling again after a crash, or from two processes at once, loads the file once.
    Raises LoadFailedError (nothing stored).
    """
    if receipt.state != "received":
        return without_rows(receipt)
    try:
        with conn:
            return _load(conn, receipt)
    except Held as held:
        return _close(conn, receipt, "held", refusal=held, earlier=held.earlier)
    except Refused as refusal:
        return _close(conn, receipt, "refused", refusal=refusal)
    except _AlreadyLoadedError as known:
        return _close(conn, receipt, "duplicate", twin=known.twin)
    except UnicodeDecodeError:
        # the bytes were text when the receipt was written
        return _close(conn, receipt, "refused", refusal=Refused("E-CHANGED", found="changed"))
    except errors.UniqueViolation:
        # Lost a race against a process that does not take our lock.
        return _close(conn, receipt, "duplicate")
    except psycopg2.Error as error:
        raise LoadFailedError(receipt.receipt_id, error.pgcode) from None


def _load(conn: Connection, receipt: Receipt) -> Outcome:
    feed = load_feed(receipt.feed)
    layout = replace(load_layout(receipt.layout), admitted=receipt.admitted)
    file = TextFile(receipt.path, layout.containers, layout.line_limit, is_inspected=True)
    with conn.cursor() as cursor:
        _claim(cursor, receipt)
        terms = agreed(cursor, receipt.payor)
        holds.resent(cursor, receipt)
        reader, targets, part = _copy(conn, receipt, file, feed, layout, terms)
        if file.plaintext_sha256 != receipt.plaintext_sha256:
            raise Refused("E-CHANGED", found="changed")
        verify_owner(reader, terms)
        if isinstance(reader, SourceReader):
            _use_marks(cursor, receipt, reader.marks)
        if DELETIONS in layout.feeds:
            targets = void_deleted(cursor, f"raw_{receipt.payor}", receipt.receipt_id, targets)
        rows = rows_of(receipt, targets, layout, part)
        found = survey(cursor, rows)
        if found.control_total is not None:
            reader.verify_total(found.control_total)
        learned = learn(cursor, receipt, feed, part, reader.ledger.accepted)
        holds.judge(cursor, receipt, feed, layout, terms, learned, reader.ledger.rows)
        total = settle(cursor, rows, found, reader.ledger)
        enforce(reader.ledger, layout)
        notes = _notes(cursor, receipt)
        _quarantine(cursor, receipt, reader.ledger)
        if part:
            mark_part(cursor, receipt, feed)
        else:
            for target in targets:
                mark_changes(cursor, receipt, load_feed(target))
        facts = _facts(reader, targets, notes, learned, total)
        _mark_loaded(cursor, receipt, facts)
        if receipt.admitted_as == "replace":
            _replace_earlier(cursor, receipt)
    return loaded(receipt, reader, notes)


def _notes(cursor: Any, receipt: Receipt) -> dict[str, str]:
    """Warnings about the file as one of a series of deliveries: code -> what was found."""
    if receipt.earlier is not None:
        return {}  # it has the number of the version it follows
    found = series_warning(cursor, receipt)
    return {"W-SEQ": found} if found else {}


def _replace_earlier(cursor: Any, receipt: Receipt) -> None:
    """The version this file replaces leaves the figures in the same moment."""
    cursor.execute(
        f"select {COLUMNS} from ops.receipt where receipt_id = %s and state = 'loaded'",
        (receipt.earlier,),
    )
    row = cursor.fetchone()
    if row:
        withdraw(cursor, stored(receipt.payor, receipt.path, row))


def _copy(
    conn: Connection, receipt: Receipt, file: TextFile, feed: Feed, layout: Layout, terms: Terms
) -> tuple[FileReader | SourceReader, list[str], sql.Identifier | None]:
    """The file's rows into the raw tables: what read it, the feeds it filled, the part if any."""
    schema = f"raw_{receipt.payor}"
    if layout.reader:
        source = SourceReader(file, layout, feed, terms.narrow_money)
        filled = copy_records(conn, source, schema, receipt.receipt_id)
        # in one order for all loads, so that two of them never wait for each other
        return source, sorted({*filled, feed.name}), None
    reader = FileReader(file, terms.narrow(feed), layout)
    part = None
    if wants_part(receipt, layout, reader.header.names):
        with conn.cursor() as cursor:
            part = open_part(cursor, receipt, ["record_no", *reader.header.names])
    stored_rows = copy_rows(conn, reader, schema, receipt.receipt_id, part)
    if stored_rows != reader.ledger.accepted:
        # The database skipped a row without a notice we could read: refuse to guess which.
        raise LoadFailedError(receipt.receipt_id, None)
    if part:
        with conn.cursor() as cursor:
            close_part(cursor, receipt)
    return reader, [feed.name], part


def _use_marks(cursor: Any, receipt: Receipt, marks: list[str]) -> None:
    """Remembers the file's interchange numbers. Raises Held when one was loaded before."""
    if not marks:
        return
    rows = [(receipt.payor, digest, receipt.receipt_id) for digest in sorted(marks)]
    statement = """
        insert into ops.interchange (payor_id, digest, receipt_id)
        values %s
        on conflict do nothing
        returning digest
    """
    new = extras.execute_values(cursor, statement, rows, page_size=1000, fetch=True)
    used = len(marks) - len(new)
    if used and "X-DUPCTL" not in receipt.admitted:
        raise Held(
            "X-DUPCTL", found=f"duplicate({used})", earlier=_first_user(cursor, receipt, marks)
        )


def _first_user(cursor: Any, receipt: Receipt, marks: list[str]) -> int | None:
    """The receipt that used these numbers before, None if several did."""
    cursor.execute(
        """
        select min(receipt_id), count(distinct receipt_id)
        from ops.interchange
        where payor_id = %s and digest = any(%s) and receipt_id <> %s
        """,
        (receipt.payor, marks, receipt.receipt_id),
    )
    first, count = cursor.fetchone()
    return int(first) if count == 1 else None


def _claim(cursor: Any, receipt: Receipt) -> None:
    """Waits for any other load of the same content, then makes sure there was none."""
    key = f"{receipt.payor}/{receipt.feed}/{receipt.plaintext_sha256}"
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    twin = loaded_twin(cursor, receipt)
    if twin is not None:
        raise _AlreadyLoadedError(twin)


def rows_of(
    receipt: Receipt, targets: list[str], layout: Layout, part: sql.Identifier | None = None
) -> Stored:
    """The rows that a receipt has stored, those of its own feed first."""
    others = [name for name in targets if name != receipt.feed]
    return Stored(
        schema=f"raw_{receipt.payor}",
        receipt_id=receipt.receipt_id,
        received=receipt.business_date,
        feeds=tuple(map(load_feed, (receipt.feed, *others))),
        layout=layout,
        part=part,
    )


def _quarantine(cursor: Any, receipt: Receipt, ledger: Ledger) -> None:
    rows = sorted(ledger.rejected, key=lambda row: row.record_no)
    extras.execute_values(
        cursor,
        "insert into ops.quarantine (payor_id, receipt_id, record_no, code, field) values %s",
        [(receipt.payor, receipt.receipt_id, r.record_no, r.code, r.field) for r in rows],
        page_size=1000,
    )


def _facts(
    reader: FileReader | SourceReader,
    targets: list[str],
    notes: dict[str, str],
    learned: Learned,
    total: Decimal | None,
) -> dict[str, Any]:
    """Columns of a loaded receipt.

    control_total: what was stored; with the quarantined amounts it made the sender's total.
    """
    ledger = reader.ledger
    warnings = [*reader.warnings, *notes]
    columns = reader.header.names if isinstance(reader, FileReader) else ()
    return {
        "lines": ledger.lines,
        "header_lines": ledger.header_lines,
        "trailer_lines": ledger.trailer_lines,
        "blank_lines": ledger.blank_lines,
        "accepted": ledger.accepted,
        "quarantined": len(ledger.rejected),
        "skipped": ledger.skipped.total(),
        "control_total": total,
        "targets": ",".join(targets),
        "warnings": ",".join(warnings) or None,
        "header_columns": ",".join(columns) or None,
        "members": learned.members,
        "median_amount": learned.median_amount,
        "amounts": learned.amounts,
    }


def _mark_loaded(cursor: Any, receipt: Receipt, facts: dict[str, Any]) -> None:
    settings = ", ".join(f"{name} = %({name})s" for name in facts)
    cursor.execute(
        f"""
        update ops.receipt
        set state = 'loaded', code = null, {settings}
        where receipt_id = %(receipt)s and state = 'received'
        """,
        {**facts, "receipt": receipt.receipt_id},
    )
    if cursor.rowcount != 1:
        raise LoadFailedError(receipt.receipt_id, None)


def _close(
    conn: Connection,
    receipt: Receipt,
    state: str,
    refusal: Refused | None = None,
    twin: int | None = None,
    earlier: int | None = None,
) -> Outcome:
    """Writes the end of a receipt that stored nothing; keeps the end it has if it has one."""
    if state == "duplicate" and twin == receipt.receipt_id:
        return plain(receipt, "loaded")  # another process loaded this very receipt
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            update ops.receipt
            set
                state = %s,
                code = %s,
                duplicate_of = %s,
                earlier_receipt = coalesce(%s, earlier_receipt)
            where receipt_id = %s and state = 'received'
            """,
            (state, refusal.code if refusal else "I-DUP", twin, earlier, receipt.receipt_id),
        )
    return without_rows(replace(receipt, state=state, refusal=refusal, duplicate_of=twin))
