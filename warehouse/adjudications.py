"""Reads of diagnosis pairs by people: taken in as a CSV, all of it or nothing.

The text of a cell never leaves this module: an error names line, column and rule.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from warehouse.reference_data import FOLDER

CLASSES = ("confirmed", "refined", "changed", "undetermined")
ROLES = ("physician", "coder", "adjudicator")
FILLED = ("reader", "reader_role", "class", "grade", "reason_code", "read_on")
COLUMNS = ("consultation_id", *FILLED)


class AdjudicationError(ValueError):
    """A file that was not taken in. problems: (line, column, rule), at most twenty."""

    def __init__(self, problems: list[tuple[int, str, str]]) -> None:
        self.problems = problems[:20]
        places = "; ".join(f"line {n} {column}: {rule}" for n, column, rule in self.problems)
        super().__init__(f"[A-READ] nothing was recorded: {places}")


@dataclass(frozen=True)
class Read:
    """One reader's class of one consultation."""

    line: int
    consultation_id: str
    reader: str
    reader_role: str
    adjudicated_class: str
    grade: int
    reason_code: str
    read_on: date


@dataclass(frozen=True)
class Recorded:
    """What became of a file's rows: new reads, reads known before, rows without a class yet."""

    recorded: int
    known: int
    open: int


def _table(name: str) -> list[dict[str, str]]:
    """Rows of a shipped reference file: a filled worklist is judged before a connection is open."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


REASONS = tuple(row["reason_code"] for row in _table("change_reason"))
GRADES = {
    row["class_name"]: range(int(row["lowest_grade"]), int(row["highest_grade"]) + 1)
    for row in _table("class_grade")
}
_WEIGHTS = ", ".join(f"{name} {grades[0]} to {grades[-1]}" for name, grades in GRADES.items())
GRADE_RULE = f"a grade its class can have ({_WEIGHTS}): correct the grade or the class"
RULES: dict[str, tuple[Callable[[str], bool], str]] = {
    "reader": (
        lambda text: re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", text) is not None,
        "a pseudonym of letters, digits, _ . -",
    ),
    "reader_role": (lambda text: text in ROLES, f"one of {', '.join(ROLES)}"),
    "class": (lambda text: text in CLASSES, f"one of {', '.join(CLASSES)}"),
    "grade": (lambda text: re.fullmatch(r"[0-4]", text) is not None, "0 to 4"),
    "reason_code": (lambda text: text in REASONS, f"one of {', '.join(REASONS)}"),
    "read_on": (lambda text: _is_day(text), "a day as YYYY-MM-DD"),
}


def record(conn: psycopg.Connection, payor: str, path: Path) -> Recorded:
    """Store the reads of a file and mark their cases as changed. Raises AdjudicationError.

    The same row again is known, not a second read. Takes a connection of the role `publisher`.
    """
    content = path.read_bytes()
    reads, unread = parse(content)
    with conn.transaction():
        cases = _cases(conn, payor, reads)
        sha256 = hashlib.sha256(content).hexdigest()
        new = [read for read in reads if _store(conn, payor, cases, read, sha256)]
        conn.cursor().executemany(
            "insert into ops.change (payor_id, entity, key, cause)"
            " values (%s, 'case', %s, 'steward')",
            sorted({(payor, cases[read.consultation_id]) for read in new}),
        )
    return Recorded(len(new), len(reads) - len(new), unread)


def parse(content: bytes) -> tuple[list[Read], int]:
    """The filled rows of a worklist, and how many are still open. Raises AdjudicationError."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise AdjudicationError([(1, name, "column is missing") for name in missing])
        return _reads(list(enumerate(rows, start=2)))
    except (UnicodeDecodeError, csv.Error):
        raise AdjudicationError([(0, "file", "not a CSV in UTF-8")]) from None


def _reads(rows: list[tuple[int, dict[str, str]]]) -> tuple[list[Read], int]:
    filled = [(line, row) for line, row in rows if (row["class"] or "").strip()]
    problems = [problem for line, row in filled for problem in _problems(line, row)]
    if problems:
        raise AdjudicationError(problems)
    return [_read(line, row) for line, row in filled], len(rows) - len(filled)


def _problems(line: int, row: dict[str, str]) -> list[tuple[int, str, str]]:
    found = [
        (line, name, rule)
        for name, (holds, rule) in RULES.items()
        if not holds((row[name] or "").strip())
    ]
    if not (row["consultation_id"] or "").strip():
        found.append((line, "consultation_id", "is empty"))
    if not {"class", "grade"} & {name for _, name, _ in found} and not _is_weight(row):
        found.append((line, "grade", GRADE_RULE))
    return found


def _is_weight(row: dict[str, str]) -> bool:
    """Whether the class can weigh as much, or as little, as the grade says."""
    return int(row["grade"].strip()) in GRADES[row["class"].strip()]


def _read(line: int, row: dict[str, str]) -> Read:
    cell = {name: row[name].strip() for name in COLUMNS}
    return Read(
        line,
        cell["consultation_id"],
        cell["reader"],
        cell["reader_role"],
        cell["class"],
        int(cell["grade"]),
        cell["reason_code"],
        date.fromisoformat(cell["read_on"]),
    )


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        return date.fromisoformat(text).year >= 2000
    except ValueError:
        return False


def _cases(conn: psycopg.Connection, payor: str, reads: list[Read]) -> dict[str, str]:
    """Consultation id -> case key, of published cases. Raises AdjudicationError."""
    rows = conn.execute(
        """
        select consultation_id, case_key
        from mart.fct_second_opinion
        where payor_id = %s and released_to is null and consultation_id = any(%s)
        """,
        (payor, [read.consultation_id for read in reads]),
    )
    cases: dict[str, str] = dict(rows.fetchall())
    unknown = [
        (read.line, "consultation_id", "no published case has it")
        for read in reads
        if read.consultation_id not in cases
    ]
    if unknown:
        raise AdjudicationError(unknown)
    return cases


def _store(
    conn: psycopg.Connection, payor: str, cases: dict[str, str], read: Read, sha256: str
) -> bool:
    stored = conn.execute(
        """
        insert into ops.adjudication (
            payor_id, consultation_id, case_key, reader, reader_role, adjudicated_class, grade,
            reason_code, read_on, source_sha256
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (
            payor, read.consultation_id, cases[read.consultation_id], read.reader,
            read.reader_role, read.adjudicated_class, read.grade, read.reason_code, read.read_on,
            sha256,
        ),
    )  # fmt: skip
    return stored.rowcount == 1
