"""What `check` and `receive` say of one file, held to the promises that hold for every case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ingestion.check import FileReport, check_file
from ingestion.outcome import Outcome
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.files import canonical, lines, numbered, put, raw

# Stands in every file where a person's name or number would; it must be nowhere else.
CANARY = "CANARY1815"
TEMPLATE = re.compile(
    r"\[[A-Z]-[A-Z0-9]+\] \w+/\w+ file [0-9a-f]{8} line (?:[0-9]+|-) field (?:\w+|-): [^.]+; "
    r"expected .+, found [a-zA-Z0-9-]+(?:\([^)]*\))?\. Did: [^.]+\. Sender should: .+\."
)


@dataclass(frozen=True)
class Told:
    """report: of check; outcome: of receive; both agree."""

    report: FileReport
    outcome: Outcome

    def says(self, code: str) -> str:
        """The one message with that code."""
        (text,) = [text for text in self.outcome.messages if text.startswith(f"[{code}] ")]
        return text


def tell(
    desk: Desk, folder: Path, feed: str, content: bytes, layout: str = "canonical_csv"
) -> Told:
    """Checks and receives a file; both must say the same, in the fixed template, without values."""
    # another name each time: the same name and day would be a second version of the file
    path = put(folder, content, f"{len(list(folder.iterdir()))}.txt")
    report = check_file(path, layout, DAY)
    outcome = desk.receive(feed, path, layout)
    if outcome.state in ("refused", "held"):
        assert report.refused == outcome.code
    else:
        assert (report.refused, report.rows) == (None, outcome.rows)
        assert report.quarantined == outcome.quarantined
        assert report.accepted == outcome.accepted + sum(outcome.skipped.values())
        _adds_up(desk, outcome)
    _says_nothing_of_the_data(desk, report, outcome)
    return Told(report, outcome)


def _adds_up(desk: Desk, outcome: Outcome) -> None:
    query = "select count(*), count(distinct record_no) from ops.quarantine where receipt_id = %s"
    ((held, records),) = desk.rows(query, outcome.receipt_id)
    assert held == records == sum(outcome.quarantined.values())
    assert outcome.rows == outcome.accepted + held + sum(outcome.skipped.values())


def _says_nothing_of_the_data(desk: Desk, report: FileReport, outcome: Outcome) -> None:
    for text in outcome.messages:
        assert TEMPLATE.fullmatch(text), text
    kept = desk.rows("select * from ops.quarantine where receipt_id = %s", outcome.receipt_id)
    receipt = desk.rows("select * from ops.receipt where receipt_id = %s", outcome.receipt_id)
    said = {**report.as_json(), "path": ""}
    assert CANARY not in f"{outcome.as_text()} {outcome.as_json()} {said} {kept} {receipt}"


def of_rows(*rows: Mapping[str, str]) -> bytes:
    """A whole canonical file; the trailer counts and adds what the rows say."""
    columns = dict.fromkeys(name for row in rows for name in row)
    return canonical([{name: row.get(name, "") for name in columns} for row in rows])


def spoiled(row: Mapping[str, str], bad: int, good: int, **changes: str) -> bytes:
    """`good` sound rows, then `bad` ones with the changes; the trailer is that of sound rows."""
    names = dict.fromkeys([*row, *changes])
    rows = numbered({name: row.get(name, "") for name in names}, bad + good)
    wrong = [{**one, **changes} for one in rows[good:]]
    return raw(rows, lines([*rows[:good], *wrong]))


def stored(desk: Desk, feed: str, column: str = "claim_id") -> list[str]:
    """Values of a column of all stored rows, in order."""
    query = f"select {column}::text from {{raw}}.{feed} order by receipt_id, record_no"
    return [value for (value,) in desk.rows(query)]


def paid(desk: Desk, told: Told) -> Decimal:
    """The receipt's control total."""
    query = "select control_total from ops.receipt where receipt_id = %s"
    return Decimal(desk.one(query, told.outcome.receipt_id))
