"""What ships: short lists for the demo, in force only where nothing complete was loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg

from warehouse.codebook import read, releases
from warehouse.codebook.kinds import ALWAYS, kinds
from warehouse.codebook.load import derived_with, mark_payors, record
from warehouse.codebook.records import Parsed, check
from warehouse.codebook.releases import STARTER, Span
from warehouse.codebook.source import read_table
from warehouse.codebook.write import WRITERS, Target

DIAGNOSES = "diagnosis_code.csv"
UNDATED = {
    "icd-10-cm-conversion": ("icd_10_cm_conversion.csv", read.conversion),
    "ccsr-dx": ("ccsr_dx.csv", read.ccsr),
}


def load(conn: psycopg.Connection, folder: Path) -> None:
    """Load the short lists that are not yet stored so; part of the caller's transaction."""
    path = folder / DIAGNOSES
    digest = _digest(path)
    for system, parsed in _by_system(path).items():
        _load_diagnoses(conn, system, parsed, digest)
    for kind, (name, reader) in UNDATED.items():
        _load_undated(conn, kind, folder / name, reader)


def _by_system(path: Path) -> dict[str, Parsed]:
    """The file holds several code systems; each is a list of its own."""
    table = read_table(path, "code")
    systems = [cells[table.column("code_system")] for _, cells in table.rows]
    found: dict[str, Parsed] = {}
    for system, one in zip(systems, read.code_csv(path).records, strict=True):
        found.setdefault(system, Parsed([])).records.append(one)
    return found


def _load_diagnoses(conn: psycopg.Connection, system: str, parsed: Parsed, digest: str) -> None:
    kind = kinds()[system]
    known = releases.stored(conn, system)
    if _is_stored(known, digest):
        return
    check(replace(kind, min_rows=1), STARTER, parsed)
    first = min(one.values.valid_from or ALWAYS for one in parsed.records)
    days = _free_days(conn, releases.starter_days(known))
    span = Span(first, None, days)
    WRITERS["diagnosis"](conn, Target(kind, STARTER, span), parsed)
    record(conn, kind, STARTER, span, digest, parsed)
    mark_payors(conn, kind)


def _load_undated(
    conn: psycopg.Connection, name: str, path: Path, reader: Callable[[Path], Parsed]
) -> None:
    """Only until something complete was loaded."""
    kind, digest = kinds()[name], _digest(path)
    known = releases.stored(conn, name)
    if _is_stored(known, digest) or any(one.is_complete for one in known):
        return
    parsed = reader(path)
    check(replace(kind, min_rows=1), STARTER, parsed)
    span = Span(ALWAYS, None, "{(,)}")
    WRITERS[kind.target](conn, Target(kind, STARTER, span), parsed)
    record(conn, kind, STARTER, span, digest, parsed)
    mark_payors(conn, kind)


def _is_stored(known: list[releases.Stored], digest: str) -> bool:
    return any(
        s.release == STARTER and (s.sha256, s.derived_with) == (digest, derived_with())
        for s in known
    )


def _free_days(conn: psycopg.Connection, taken: str) -> str:
    row = conn.execute(
        "select ('{(,)}'::datemultirange - %s::datemultirange)::text", (taken,)
    ).fetchone()
    assert row is not None
    return str(row[0])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
