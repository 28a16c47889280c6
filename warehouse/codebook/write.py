"""Writers: where the rows of a kind go. Each runs inside the transaction of one load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from warehouse.codebook import bridges, diagnosis, ranges
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import BRIDGE, Kind, code_systems
from warehouse.codebook.records import Parsed
from warehouse.codebook.releases import Span

CATALOGUE = ("code_system", "code", "valid_from", "valid_to", "group_code", "label")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Target:
    """What is being written."""

    kind: Kind
    release: str
    span: Span


Writer = Callable[[psycopg.Connection, Target, Parsed], None]


def diagnoses(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """A tree of diagnosis codes on the release's days."""
    system = code_systems()[target.kind.name]
    rows = diagnosis.rows(system, [record.values for record in parsed.records])
    dated = _dated(diagnosis.COLUMNS, rows, target.span)
    ranges.merge(
        conn, "diagnosis_code", diagnosis.COLUMNS, target.kind.name, dated, target.span.days
    )


def catalogue(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """A plain code list on the release's days."""
    rows = [
        (target.kind.name, e.code, None, None, e.given.get("group_code", ""), e.label)
        for e in (record.values for record in parsed.records)
        if not e.is_header
    ]
    dated = _dated(CATALOGUE, rows, target.span)
    ranges.merge(conn, "catalogue", CATALOGUE, target.kind.name, dated, target.span.days)


def _dated(
    columns: Sequence[str], rows: Iterable[tuple[object, ...]], span: Span
) -> list[list[object]]:
    """Rows without own dates hold as long as the release."""
    start, end = columns.index("valid_from"), columns.index("valid_to")
    dated = []
    for row in map(list, rows):
        row[start] = row[start] or span.valid_from
        row[end] = row[end] or span.valid_to
        dated.append(row)
    return dated


def bridge(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Conversions of one code system, chains of years included."""
    system = target.kind.code_system
    conn.execute("delete from reference.code_bridge where code_system = %s", (system,))
    chains = bridges.chains([record.values for record in parsed.records])
    rows = [(system, c.old, c.new, c.first - DAY, c.last, c.steps) for c in chains]
    _copy(conn, "code_bridge", ("code_system", "from_code", "to_code", "from_until", "to_since",
                                "steps"), rows)  # fmt: skip


def crosswalk(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Mappings from one code system to ICD-10-CM."""
    old, new = target.kind.code_system, "icd-10-cm"
    conn.execute(
        "delete from reference.crosswalk where from_system = %s and to_system = %s", (old, new)
    )
    rows = [(old, new, *record.values) for record in parsed.records]
    _copy(conn, "crosswalk", ("from_system", "to_system", "from_code", "to_code", "scenario",
                              "choice_list", "is_approximate"), rows)  # fmt: skip


def ccsr(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Categories of diagnoses; releases stand beside each other."""
    conn.execute("delete from reference.ccsr where release = %s", (target.release,))
    rows, labels = [], {}
    for code, inpatient, outpatient, categories, names in (r.values for r in parsed.records):
        system = (inpatient or outpatient or "")[:3] or None
        rows.append((target.release, code, inpatient, outpatient, system, categories))
        labels.update(names)
    _copy(conn, "ccsr", ("release", "code", "default_ip", "default_op", "body_system",
                         "categories"), rows)  # fmt: skip
    _labels(conn, target, labels)


def ccsr_procedure(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Categories of procedures."""
    conn.execute("delete from reference.ccsr_procedure where release = %s", (target.release,))
    rows, labels = [], {}
    for code, category, domain, names in (r.values for r in parsed.records):
        rows.append((target.release, code, category, domain))
        labels.update(names)
    _copy(conn, "ccsr_procedure", ("release", "code", "category", "domain"), rows)
    _labels(conn, target, labels)


def _labels(conn: psycopg.Connection, target: Target, labels: dict[str, str]) -> None:
    kind, release = target.kind.name, target.release
    conn.execute(
        "delete from reference.ccsr_category where kind = %s and release = %s", (kind, release)
    )
    rows = [(kind, release, category, label) for category, label in sorted(labels.items())]
    _copy(conn, "ccsr_category", ("kind", "release", "category", "label"), rows)


def countries(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Countries that are not there yet: the regions that ship are a decision and stay."""
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into reference.country (country_code, region) values (%s, %s)"
            " on conflict do nothing",
            [record.values for record in parsed.records],
        )


def currencies(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Currencies; a listed one gets the minor units of the file."""
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into reference.currency (currency_code, minor_units) values (%s, %s)"
            " on conflict (currency_code) do update set minor_units = excluded.minor_units",
            [record.values for record in parsed.records],
        )


def rates(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """One source's whole history of exchange rates."""
    conn.execute("delete from reference.fx_rate where source = %s", (target.kind.name,))
    _copy(conn, "fx_rate", ("source", "rate_date", "base_currency", "currency_code", "rate"),
          (record.values for record in parsed.records))  # fmt: skip


def parities(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """The whole history of purchasing power parities."""
    conn.execute("delete from reference.ppp")
    _copy(conn, "ppp", ("country_code", "year", "rate"), (r.values for r in parsed.records))


def procedure_bridge(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Codes of one national system; what an earlier release said ends the day before this one."""
    system, first_day = target.kind.name.removeprefix(BRIDGE), target.span.valid_from
    _require_families(conn, parsed)
    conn.execute(
        "delete from reference.procedure_code"
        " where is_loaded and code_system = %s and code_release = %s",
        (system, target.release),
    )
    conn.execute(
        "update reference.procedure_code set effective_to = %(last)s"
        " where is_loaded and code_system = %(system)s and effective_from < %(first)s"
        " and coalesce(effective_to, %(first)s) >= %(first)s",
        {"last": first_day - DAY, "system": system, "first": first_day},
    )
    rows = [
        (
            system, target.release, prefix, family, extent, side, excluded,
            first or first_day, last or target.span.valid_to, "licensed", True,
        )
        for prefix, family, extent, side, excluded, first, last in (
            record.values for record in parsed.records
        )
    ]  # fmt: skip
    _copy(conn, "procedure_code", ("code_system", "code_release", "code_prefix", "family_id",
          "extent_rank", "laterality", "excluded_qualifier", "effective_from", "effective_to",
          "licence_class", "is_loaded"), rows)  # fmt: skip


def family_rates(conn: psycopg.Connection, target: Target, parsed: Parsed) -> None:
    """Expected rates; the newest load is all of them."""
    _require_families(conn, parsed)
    conn.execute("delete from reference.family_rate")
    _copy(conn, "family_rate", ("country_code", "family_id", "year", "low", "high", "source"),
          (record.values for record in parsed.records))  # fmt: skip


def _require_families(conn: psycopg.Connection, parsed: Parsed) -> None:
    """Every row's second value is a family of ours. Raises ReferenceRefused."""
    known = {row[0] for row in conn.execute("select family_id from reference.procedure_family")}
    for one in parsed.records:
        if one.values[1] not in known:
            raise ReferenceRefused("E-REF-VALUE", one.line)


def _copy(
    conn: psycopg.Connection, table: str, columns: Sequence[str], rows: Iterable[Any]
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("reference", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with conn.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    conn.execute(sql.SQL("analyze {}").format(sql.Identifier("reference", table)))


WRITERS: dict[str, Writer] = {
    "diagnosis": diagnoses,
    "catalogue": catalogue,
    "bridge": bridge,
    "crosswalk": crosswalk,
    "ccsr": ccsr,
    "ccsr_procedure": ccsr_procedure,
    "country": countries,
    "currency": currencies,
    "fx": rates,
    "ppp": parities,
    "procedure_bridge": procedure_bridge,
    "family_rate": family_rates,
}
