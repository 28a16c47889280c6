"""Which rows a gate looks at: the run's new receipts and the keys it touches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

_PAYOR = re.compile(r"^[a-z][a-z0-9_]{1,30}$")

_RUN = """
    select run_epoch, input_hash, change_high_water, as_of, currency_code, minor_units
    from {work}.run_context
"""
_RECEIPTS = """
    select receipt_id
    from ops.change
    where payor_id = %(payor)s
        and cause in ('receipt', 'steward')
        and released_in is null
        and change_id <= coalesce(%(high_water)s, 0)
        and receipt_id is not null
    union
    select receipt_id
    from ops.receipt
    where payor_id = %(payor)s
        and state = 'loaded'
        and business_date >= %(as_of)s
    except
    select receipt_id
    from ops.withdrawn
    where payor_id = %(payor)s and first_record = 0 and last_record = 2147483647
    order by 1
"""

WHERE = {
    "all": "true",
    "new_receipts": "receipt_id in ({receipts})",
    "touched_families": (
        "claim_family_key in (select claim_family_key from {work}.int_work_claim_family)"
    ),
    "touched_persons": "person_key in (select person_key from {work}.int_work_person)",
    "touched_cases": "case_key in (select case_key from {work}.int_work_case)",
}


@dataclass(frozen=True)
class RunScope:
    """The run a gate judges. receipts: ids of files taken in and not yet published.

    raw: the delivered rows without those a steward has withdrawn.
    """

    payor: str
    run_epoch: int
    input_hash: str | None
    high_water: int
    as_of: str
    currency: str
    minor_unit: Decimal
    receipts: tuple[int, ...]

    @property
    def raw(self) -> str:
        return f"kept_{self.payor}"

    @property
    def work(self) -> str:
        return f"work_{self.payor}"

    def fill(self, sql: str, **options: Any) -> str:
        """`sql` with the run's names, dates and the check's own options put in."""
        values = {
            "raw": self.raw,
            "work": self.work,
            "payor": self.payor,
            "as_of": self.as_of,
            "currency": self.currency,
            "minor_unit": str(self.minor_unit),
            "high_water": str(self.high_water),
            "receipts": ", ".join(map(str, self.receipts)) or "null",
            **{name: str(value) for name, value in options.items()},
        }
        for name, value in values.items():
            sql = sql.replace("{" + name + "}", value)
        return sql


class NoOpenRun(Exception):
    """The payor has no run to judge. Fact: payor."""

    def __init__(self, payor: str) -> None:
        super().__init__(f"{payor}: no run is open")
        self.payor = payor


def read_scope(conn: psycopg.Connection[Any], payor: str) -> RunScope:
    """Scope of the payor's open run; raises NoOpenRun, ValueError for a malformed payor."""
    if not _PAYOR.match(payor):
        raise ValueError("malformed payor")
    run = conn.execute(_RUN.replace("{work}", f"work_{payor}")).fetchone()
    if run is None:
        raise NoOpenRun(payor)
    epoch, input_hash, high_water, as_of, currency, minor_units = run
    found = conn.execute(
        _RECEIPTS, {"payor": payor, "high_water": high_water, "as_of": as_of}
    ).fetchall()
    return RunScope(
        payor=payor,
        run_epoch=epoch,
        input_hash=input_hash,
        high_water=high_water or 0,
        as_of=as_of.isoformat(),
        currency=currency,
        minor_unit=Decimal(1).scaleb(-minor_units),
        receipts=tuple(row[0] for row in found),
    )
