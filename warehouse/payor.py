"""Onboard a payor: its row, its bridge, its schemas, its BI login."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from pipeline.private import private_folder, write_private
from pipeline.settings import Settings
from warehouse import credentials, payor_file, raw_tables
from warehouse.connection import connect, role_name
from warehouse.payor_file import Bridge, Payor
from warehouse.revisions import upgrade_payor
from warehouse.roles import ensure_bi_login


class UnknownPayorError(LookupError):
    """No such payor. Facts: payor."""

    def __init__(self, payor: str) -> None:
        super().__init__(f"E-PAYOR-UNKNOWN {payor}")
        self.payor = payor


def add(settings: Settings, yaml_path: Path) -> Payor:
    """Add the payor of a YAML file, or update it. Raises PayorFileError."""
    payor, bridge = payor_file.read(Path(yaml_path))
    rows = bridge.rows if bridge else []
    with credentials.lock_named(settings, "init"):
        with connect(settings) as conn:
            _check_codes(conn, payor, rows)
            _write_payor(conn, payor)
            _write_bridge(conn, payor.payor_id, rows)
            _write_tenant(conn, settings, payor.payor_id)
        migrate(settings, payor.payor_id)
    # The copy comes last: a scheduler that sees the file finds everything else in place.
    _keep(settings, payor.payor_id, Path(yaml_path), bridge)
    return payor


def migrate(settings: Settings, payor_id: str) -> None:
    """Bring one payor's schemas and raw tables up to date."""
    upgrade_payor(settings, payor_id)
    with connect(settings) as conn:
        raw_tables.sync(conn, payor_id)


def list_payors(settings: Settings) -> list[Payor]:
    """All payors by id; feeds come from the payor's kept file."""
    with connect(settings) as conn:
        return [get(settings, payor_id) for payor_id in payor_ids(conn)]


def payor_ids(conn: psycopg.Connection) -> list[str]:
    """Ids of all payors in order."""
    rows = conn.execute("select payor_id from ops.payor order by payor_id")
    return [str(payor_id) for (payor_id,) in rows]


def get(settings: Settings, payor_id: str) -> Payor:
    """One payor. Raises UnknownPayorError."""
    path = settings.payors_dir / f"{payor_id}.yml"
    if not path.is_file():
        raise UnknownPayorError(payor_id)
    return payor_file.read(path)[0]


def _check_codes(conn: psycopg.Connection, payor: Payor, bridge: list[dict[str, str]]) -> None:
    currency = conn.execute(
        "select 1 from reference.currency where currency_code = %s", (payor.currency_code,)
    ).fetchone()
    if currency is None:
        raise payor_file.PayorFileError("currency", "not in reference/currency.csv")
    known = {row[0] for row in conn.execute("select family_id from reference.procedure_family")}
    unknown = sorted({row["family_id"] for row in bridge} - known)
    if unknown:
        raise payor_file.PayorFileError("procedure_bridge", f"unknown family {unknown[0]}")


def _write_payor(conn: psycopg.Connection, payor: Payor) -> None:
    facts = asdict(payor)
    facts.pop("feeds")
    facts["deliveries"] = Jsonb(payor.deliveries.as_json())
    names = list(facts)
    updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    values = ", ".join(f"%({name})s" for name in names)
    conn.execute(
        f"insert into ops.payor ({', '.join(names)}) values ({values})"
        f" on conflict (payor_id) do update set {updates}",
        facts,
    )
    conn.execute(
        "insert into ops.run_fence (payor_id, run_epoch) values (%s, 0) on conflict do nothing",
        (payor.payor_id,),
    )


def _write_bridge(conn: psycopg.Connection, payor_id: str, rows: list[dict[str, str]]) -> None:
    conn.execute("delete from reference.procedure_code where payor_id = %s", (payor_id,))
    for row in rows:
        conn.execute(
            """
            insert into reference.procedure_code (
                payor_id, code_system, code_prefix, family_id, extent_rank, laterality,
                excluded_qualifier, effective_from, effective_to, licence_class
            )
            values (
                %(payor_id)s, %(code_system)s, %(code_prefix)s, %(family_id)s, %(extent_rank)s,
                %(laterality)s, %(excluded_qualifier)s, %(effective_from)s,
                nullif(%(effective_to)s, '')::date, %(licence_class)s
            )
            """,
            row | {"payor_id": payor_id},
        )


def _write_tenant(conn: psycopg.Connection, settings: Settings, payor_id: str) -> None:
    login = ensure_bi_login(conn, settings, payor_id)
    for reader in (login, role_name(settings, "reporter")):
        conn.execute(
            "insert into ops.bi_login (role_name, payor_id) values (%s, %s) on conflict do nothing",
            (reader, payor_id),
        )


def _keep(settings: Settings, payor_id: str, source: Path, bridge: Bridge | None) -> None:
    """The payor's file and what it names, readable by their owner only."""
    private_folder(settings.payors_dir)
    text = source.read_bytes()
    if bridge is not None:
        write_private(settings.payors_dir / bridge.name, bridge.content)
    key = payor_file.key_file(source)
    if key is not None:
        write_private(settings.payors_dir / key.name, key.read_bytes())
    write_private(settings.payors_dir / f"{payor_id}.yml", text)
