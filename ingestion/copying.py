"""Rows into a typed table by one COPY, and what the database would not take."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion.contract import load_feed
from ingestion.lexical import unfit
from ingestion.reader import Accepted, FileReader
from ingestion.records import Rejected
from ingestion.source import SourceReader
from ingestion.vaulted import separate, target

# Notices quote the value: place and column are read from them, the rest is dropped unread.
SKIPPED = re.compile(
    r"NOTICE:\s+skipping row due to data type incompatibility at line (\d+) for column \"(\w+)\""
)

# What COPY does not read as itself (`\\.` alone on a line would end the data).
TO_QUOTE = re.compile(r'["\\\r\n]')


class Notices:
    """Stands in for psycopg2's list of notices, which keeps only the last fifty."""

    def __init__(self) -> None:
        self.skipped: list[tuple[int, str]] = []

    def append(self, text: str) -> None:
        found = SKIPPED.match(text)
        if found:
            self.skipped.append((int(found[1]), found[2]))


class CopyStream:
    """The file-like object COPY reads: `prefix` and the record number before every accepted line.

    error: what stopped the reading (the database is told nothing but that it stopped).
    """

    def __init__(self, blocks: Iterator[Accepted], prefix: str, delimiter: str) -> None:
        self._blocks, self._prefix, self._delimiter = blocks, prefix, delimiter
        self._sent = 0
        # Where runs of consecutive records start: COPY line numbers and record numbers.
        self._starts: list[int] = []
        self._records: list[int] = []
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """The next block, of whatever size it is; empty at the end."""
        try:
            for accepted in self._blocks:
                if accepted.runs:
                    return self._payload(accepted)
            return b""
        except BaseException as error:
            self.error = error
            raise RuntimeError("reading stopped") from None

    def _payload(self, accepted: Accepted) -> bytes:
        prefix, delimiter, rows = self._prefix, self._delimiter, []
        for first, lines in accepted.runs:
            self._starts.append(self._sent + 1)
            self._records.append(first)
            self._sent += len(lines)
            rows += [f"{prefix}{no}{delimiter}{line}\n" for no, line in enumerate(lines, first)]
        return "".join(rows).encode()

    def record_no(self, copy_line: int) -> int:
        """Record number of the n-th line COPY was given."""
        run = bisect_right(self._starts, copy_line) - 1
        return self._records[run] + copy_line - self._starts[run]


def copy_rows(
    conn: Connection,
    reader: FileReader,
    schema: str,
    receipt_id: int,
    part: sql.Identifier | None = None,
) -> int:
    """Copies the accepted rows of a file; rows the database rejects move to the ledger's rejected.

    part: a table made in this transaction for this receipt alone, instead of the feed's raw table.
    Returns the number of stored rows. Raises Refused and psycopg2.Error; commits nothing.
    """
    delimiter = reader.layout.delimiter
    prefix = "" if part else f"{receipt_id}{delimiter}"
    stream = CopyStream(reader.accepted(), prefix, delimiter)
    notices = Notices()
    conn.notices = notices  # type: ignore[assignment]
    with conn.cursor() as cursor:
        cursor.execute("set local client_min_messages = notice")
        try:
            statement = _statement(cursor, reader, schema, part)
            cursor.copy_expert(statement, stream)  # type: ignore[arg-type]
        except Exception:
            if stream.error:
                raise stream.error from None
            raise
        stored = cursor.rowcount
        # psycopg2 keeps COPY's notices to itself until the next statement
        cursor.execute("select 1")
        separate(cursor, schema, [reader.feed.name])
    _account(reader, stream, notices)
    return stored


def _statement(cursor: Any, reader: FileReader, schema: str, part: sql.Identifier | None) -> str:
    columns = ("record_no", *reader.header.names)
    statement = sql.SQL(
        "copy {table} ({columns}) from stdin (format csv, delimiter {delimiter}, freeze {freeze}, "
        "on_error ignore, log_verbosity verbose)"
    ).format(
        table=part or target(cursor, schema, reader.feed, reader.header.names),
        # nobody else sees the rows of a part before they are all there
        freeze=sql.SQL("true" if part else "false"),
        columns=sql.SQL(", ").join(
            map(sql.Identifier, columns if part else ("receipt_id", *columns))
        ),
        delimiter=sql.Literal(reader.layout.delimiter),
    )
    return str(statement.as_string(cursor))


def _account(reader: FileReader, stream: CopyStream, notices: Notices) -> None:
    ledger = reader.ledger
    for copy_line, name in notices.skipped:
        code = unfit(reader.feed.column(name), "")
        ledger.rejected.append(Rejected(stream.record_no(copy_line), code, name))
        ledger.accepted -= 1
        # The amount of such a row is in the file only; it cannot be part of the control total.
        ledger.unreadable += reader.feed.control_column is not None


def copy_records(
    conn: Connection, reader: SourceReader, schema: str, receipt_id: int
) -> dict[str, int]:
    """Copies the canonical rows of a file's accepted records, batch by batch.

    Returns feed -> stored rows. Every value was judged before: a row the database does not take is
    an error of ours and stops the load. Raises Refused and psycopg2.Error; commits nothing.
    """
    stored: dict[str, int] = {}
    with conn.cursor() as cursor:
        for batch in reader.batches():
            for feed, rows in batch.items():
                _copy_batch(cursor, schema, receipt_id, feed, rows)
                stored[feed] = stored.get(feed, 0) + len(rows)
        separate(cursor, schema, sorted(stored))
    return stored


def _copy_batch(
    cursor: Any,
    schema: str,
    receipt_id: int,
    feed: str,
    rows: list[tuple[int, int, Mapping[str, str]]],
) -> None:
    names = list(dict.fromkeys(name for _, _, row in rows for name in row))
    columns = ("receipt_id", "record_no", "expansion_no", *names)
    # always the same table for a feed: a later batch may be the first to name a person
    contract = load_feed(feed)
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        target(cursor, schema, contract, contract.names),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    lines = [
        f"{receipt_id},{record_no},{expansion_no},{_line(row, names)}"
        for record_no, expansion_no, row in rows
    ]
    cursor.copy_expert(statement, io.BytesIO(("\n".join(lines) + "\n").encode()))


def _line(row: Mapping[str, str], names: list[str]) -> str:
    """One CSV line; empty and absent columns are null."""
    cells = [row.get(name, "") for name in names]
    line = ",".join(cells)
    if line.count(",") == len(names) - 1 and not TO_QUOTE.search(line):
        return line
    return ",".join(map(_cell, cells))


def _cell(text: str) -> str:
    if "," not in text and not TO_QUOTE.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'
