"""Readers of procedure bridges (code to family) and of expected rates, in our own form.

A bridge is whoever's licensed list it came from; none of its content ships.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warehouse.codebook.diagnosis import clean
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.records import Parsed, Record, day, number
from warehouse.codebook.source import read_table

SIDES = ("left", "right", "bilateral", "")


def bridge(path: Path) -> Parsed:
    """(prefix, family, extent, side, excluded qualifier, first day, last day); empty days are the
    release's own."""
    table = read_table(path, "code_prefix")
    found = Parsed([])
    for line, cells in table.rows:
        row = dict(zip(table.header, cells, strict=True))
        extent, side = row.get("extent_rank", "0") or "0", row.get("laterality", "")
        if not extent.isdigit() or side not in SIDES or not row.get("family_id"):
            raise ReferenceRefused("E-REF-VALUE", line)
        since, until = row.get("effective_from", ""), row.get("effective_to", "")
        values = (
            clean(row["code_prefix"]),
            row["family_id"],
            int(extent),
            side,
            row.get("excluded_qualifier", ""),
            day(since, line) if since else None,
            day(until, line) if until else None,
        )
        found.records.append(Record(line, values[0], (*values[:2], since), values))
    return found


def rate(path: Path) -> Parsed:
    """(country, family, year, low, high, source): operations per 1,000 persons and year."""
    table = read_table(path, "family_id")
    names = ("country_code", "family_id", "year", "low", "high", "source")
    at = [table.column(name) for name in names]
    found = Parsed([])
    for line, cells in table.rows:
        country, family, year, low, high, source = (cells[place] for place in at)
        if not year.isdigit() or number(low, line) > number(high, line):
            raise ReferenceRefused("E-REF-VALUE", line)
        values = (country, family, int(year), number(low, line), number(high, line), source)
        found.records.append(Record(line, country, values[:3], values))
    return found


READERS: dict[str, Callable[[Path], Parsed]] = {"procedure_bridge": bridge, "family_rate": rate}
