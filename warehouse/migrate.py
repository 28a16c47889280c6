"""`init`: create or bring up to date the whole warehouse. Safe to repeat at any time."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings import Settings
from warehouse import credentials, marts, payor, reference_data, register
from warehouse.connection import connect
from warehouse.revisions import upgrade_shared
from warehouse.roles import ensure_databases


@dataclass(frozen=True)
class InitResult:
    """What `init` found or made."""

    reference_hash: str
    contract_version: str
    checks: int
    payors: tuple[str, ...]


def init(settings: Settings) -> InitResult:
    """Databases, roles, migrations, reference data, check register, marts, payor schemas."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with credentials.lock_named(settings, "init"):
        ensure_databases(settings)
        upgrade_shared(settings)
        with connect(settings) as conn:
            reference_hash = reference_data.load(conn)
            checks = register.load(conn)
            contract_version = marts.sync(settings, conn)
            found = tuple(payor.payor_ids(conn))
        for payor_id in found:
            payor.migrate(settings, payor_id)
    return InitResult(reference_hash, contract_version, checks, found)
