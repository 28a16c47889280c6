"""Reads a file again: a refused one as a whole, of a loaded one the rows that were quarantined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion import signatures
from ingestion.contract import load_feed, load_layout
from ingestion.copying import copy_records, copy_rows
from ingestion.errors import LoadFailedError, Refused
from ingestion.load import load_receipt, rows_of
from ingestion.outcome import Outcome, without_rows
from ingestion.preflight import preflight
from ingestion.reader import Accepted, FileReader
from ingestion.receipts import Receipt
from ingestion.rules.chosen import holds
from ingestion.rules.stored import records_breaking, survey
from ingestion.source import Batch, SourceReader
from ingestion.stream import TextFile
from ingestion.terms import agreed
from ingestion.touched import mark_changes


@dataclass(frozen=True)
class Replayed:
    """What reading again came to: rows that are now taken in, rows that stay quarantined."""

    taken_in: int
    still_quarantined: int


class _WantedRows(FileReader):
    """A flat file of which only some records are handed on."""

    wanted: frozenset[int]

    def accepted(self) -> Iterator[Accepted]:
        for block in super().accepted():
            kept = Accepted()
            for first, lines in block.runs:
                for number, line in enumerate(lines, first):
                    if number in self.wanted:
                        kept.add(number, line)
            yield kept


class _WantedRecords(SourceReader):
    """A file of source records of which only some are handed on."""

    wanted: frozenset[int]

    def batches(self) -> Iterator[Batch]:
        for batch in super().batches():
            rows = {feed: [r for r in rows if r[0] in self.wanted] for feed, rows in batch.items()}
            yield {feed: kept for feed, kept in rows.items() if kept}


def replay_refused(conn: Connection, receipt: Receipt) -> Outcome:
    """Judges a refused file anew and loads it if nothing is wrong with it any more."""
    feed, layout = load_feed(receipt.feed), load_layout(receipt.layout)
    seen = preflight(receipt.path, feed, layout)
    if seen.refusal:
        return without_rows(replace(receipt, state="refused", refusal=seen.refusal))
    with conn, conn.cursor() as cursor:
        try:
            signatures.verify(receipt.path, agreed(cursor, receipt.payor).deliveries)
        except Refused as unsigned:
            return without_rows(replace(receipt, state="refused", refusal=unsigned))
        cursor.execute(
            """
            update ops.receipt
            set state = 'received', code = null, plaintext_sha256 = %s
            where receipt_id = %s and state = 'refused'
            """,
            (seen.plaintext_sha256, receipt.receipt_id),
        )
    again = replace(receipt, state="received", plaintext_sha256=seen.plaintext_sha256)
    return load_receipt(conn, again)


def replay_rows(cursor: Any, receipt: Receipt) -> Replayed:
    """Takes in the quarantined records of a loaded file that pass now. Commits nothing.

    Raises Refused E-CHANGED for another file than was loaded, and LoadFailedError.
    """
    wanted = _quarantined(cursor, receipt)
    if not wanted:
        return Replayed(0, 0)
    # once to see which of them break a rule together with what is stored, then without those
    cursor.execute("savepoint tried")
    reader, filled = _copy_wanted(cursor, receipt, wanted)
    broken = _broken(cursor, receipt, filled, reader)
    if broken & wanted:
        cursor.execute("rollback to savepoint tried")
        reader, filled = _copy_wanted(cursor, receipt, wanted - broken)
    if reader.file.plaintext_sha256 != receipt.plaintext_sha256:
        raise Refused("E-CHANGED", found="changed")
    moved = _stored_of(cursor, receipt, filled, wanted)
    if moved:
        _account(cursor, receipt, filled, moved)
        for target in filled:
            mark_changes(cursor, receipt, load_feed(target), "steward", (min(moved), max(moved)))
    return Replayed(len(moved), len(wanted) - len(moved))


def _quarantined(cursor: Any, receipt: Receipt) -> frozenset[int]:
    cursor.execute(
        "select distinct record_no from ops.quarantine"
        " where receipt_id = %s and state = 'quarantined'",
        (receipt.receipt_id,),
    )
    return frozenset(number for (number,) in cursor.fetchall())


def _copy_wanted(
    cursor: Any, receipt: Receipt, wanted: frozenset[int]
) -> tuple[_WantedRows | _WantedRecords, list[str]]:
    """The reader at its end, and the feeds that may have got rows."""
    feed = load_feed(receipt.feed)
    layout = replace(load_layout(receipt.layout), admitted=receipt.admitted)
    file = TextFile(receipt.path, layout.containers, layout.line_limit)
    terms = agreed(cursor, receipt.payor)
    schema, conn = f"raw_{receipt.payor}", cursor.connection
    try:
        if layout.reader:
            source = _WantedRecords(file, layout, feed, terms.narrow_money)
            source.wanted = wanted
            filled = copy_records(conn, source, schema, receipt.receipt_id)
            return source, sorted({*filled, feed.name})
        reader = _WantedRows(file, terms.narrow(feed), layout)
        reader.wanted = wanted
        copy_rows(conn, reader, schema, receipt.receipt_id)
    except psycopg2.Error as error:
        raise LoadFailedError(receipt.receipt_id, error.pgcode) from None
    return reader, [feed.name]


def _broken(
    cursor: Any, receipt: Receipt, filled: list[str], reader: FileReader | SourceReader
) -> frozenset[int]:
    """Records of the receipt that break a rule now, with what was stored of it before."""
    rows = rows_of(receipt, filled, reader.layout)
    return frozenset(
        record
        for feed, rule, count in survey(cursor, rows).hits
        if holds(rule, count, reader.ledger.rows, reader.layout)
        for record in records_breaking(cursor, rows, feed, rule)
    )


def _stored_of(
    cursor: Any, receipt: Receipt, filled: list[str], wanted: frozenset[int]
) -> list[int]:
    """Which of the wanted records stand in the tables now."""
    found: set[int] = set()
    for target in filled:
        statement = sql.SQL(
            "select distinct record_no from {} where receipt_id = %s and record_no = any(%s)"
        ).format(sql.Identifier(f"raw_{receipt.payor}", target))
        cursor.execute(statement, (receipt.receipt_id, sorted(wanted)))
        found.update(number for (number,) in cursor.fetchall())
    return sorted(found)


def _account(cursor: Any, receipt: Receipt, filled: list[str], moved: list[int]) -> None:
    """What left the quarantine and what the receipt counts, so that every line stays accounted."""
    cursor.execute(
        """
        update ops.quarantine
        set state = 'replayed'
        where receipt_id = %s and record_no = any(%s) and state = 'quarantined'
        """,
        (receipt.receipt_id, moved),
    )
    cursor.execute(
        "select coalesce(targets, feed) from ops.receipt where receipt_id = %s for update",
        (receipt.receipt_id,),
    )
    targets = sorted({*cursor.fetchone()[0].split(","), *filled})
    cursor.execute(
        """
        update ops.receipt
        set
            accepted = accepted + %s,
            quarantined = quarantined - %s,
            control_total = %s,
            targets = %s
        where receipt_id = %s and state = 'loaded'
        """,
        (
            len(moved), len(moved), _control_total(cursor, receipt), ",".join(targets),
            receipt.receipt_id,
        ),
    )  # fmt: skip


def _control_total(cursor: Any, receipt: Receipt) -> Any:
    column = load_feed(receipt.feed).control_column
    if column is None:
        return None
    statement = sql.SQL("select coalesce(sum({}), 0) from {} where receipt_id = %s").format(
        sql.Identifier(column), sql.Identifier(f"raw_{receipt.payor}", receipt.feed)
    )
    cursor.execute(statement, (receipt.receipt_id,))
    return cursor.fetchone()[0]
