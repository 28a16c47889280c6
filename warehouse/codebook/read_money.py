"""Readers of countries, currencies, exchange rates and purchasing power."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warehouse.codebook import rules
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.records import Parsed, Record, day, number
from warehouse.codebook.source import read_table

METAL = ("-", "N.A.", "")
NO_RATE = ("N/A", "")


def country(path: Path) -> Parsed:
    """(country, market region) by the United Nations' sub-region; others are skipped."""
    table = read_table(path, "iso3166_1_alpha_2")
    code, sub_region = table.column("iso3166_1_alpha_2"), table.column("sub_region_name")
    regions = {row["sub_region"]: row["region"] for row in rules.table("market_region")}
    found = Parsed([])
    for line, cells in table.rows:
        if not cells[sub_region]:
            found.skipped += 1
            continue
        if cells[sub_region] not in regions:
            raise ReferenceRefused("E-REF-VALUE", line)
        values = (cells[code], regions[cells[sub_region]])
        found.records.append(Record(line, cells[code], cells[code], values))
    return found


def currency(path: Path) -> Parsed:
    """(currency, minor units) once each; withdrawn currencies and metals are skipped."""
    table = read_table(path, "alphabeticcode")
    code, minor = table.column("alphabeticcode"), table.column("minorunit")
    withdrawn = table.column("withdrawaldate")
    found, seen = Parsed([]), set()
    for line, cells in table.rows:
        values = (cells[code], cells[minor])
        if cells[withdrawn] or cells[minor] in METAL or values in seen:
            found.skipped += 1
            continue
        if not cells[minor].isdigit():
            raise ReferenceRefused("E-REF-VALUE", line)
        seen.add(values)
        found.records.append(Record(line, cells[code], cells[code], (cells[code], int(values[1]))))
    return found


def fx_ecb(path: Path) -> Parsed:
    """(source, day, base, currency, units for one euro); days without a rate have no row."""
    table = read_table(path, "date")
    names = [name.upper() for name in table.header]
    records = [
        Record(line, names[at], (cells[0], names[at]),
               ("fx-ecb", day(cells[0], line), "EUR", names[at], number(cells[at], line)))
        for line, cells in table.rows
        for at in range(1, len(names))
        if cells[at] not in NO_RATE
    ]  # fmt: skip
    return Parsed(records)


def fx_fred(path: Path) -> Parsed:
    """(source, day, base, currency, units for one dollar); unlisted countries are skipped.

    A country whose money was replaced by another within the series has no line in the rule table.
    """
    table = read_table(path, "exchange_rate")
    when, who = table.column("date"), table.column("country")
    rate = table.column("exchange_rate")
    currencies = {row["name"]: row["currency_code"] for row in rules.table("rate_country")}
    found = Parsed([])
    for line, cells in table.rows:
        name = currencies.get(cells[who])
        if name is None or cells[rate] in NO_RATE:
            found.skipped += 1
            continue
        values = ("fx-fred", day(cells[when], line), "USD", name, number(cells[rate], line))
        found.records.append(Record(line, name, (cells[when], name), values))
    return found


def ppp(path: Path) -> Parsed:
    """(country, year, units for one international dollar); a country named NA is Namibia."""
    table = read_table(path, "country_id")
    code, year, rate = (table.column(name) for name in ("country_id", "year", "ppp"))
    found = Parsed([])
    for line, cells in table.rows:
        if cells[rate] in NO_RATE:
            found.skipped += 1
            continue
        if not cells[year].isdigit():
            raise ReferenceRefused("E-REF-VALUE", line)
        values = (cells[code], int(cells[year]), number(cells[rate], line))
        found.records.append(Record(line, cells[code], values[:2], values))
    return found


READERS: dict[str, Callable[[Path], Parsed]] = {
    "country": country,
    "currency": currency,
    "fx_ecb": fx_ecb,
    "fx_fred": fx_fred,
    "ppp": ppp,
}
