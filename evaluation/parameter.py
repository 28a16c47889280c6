"""What the parts of a basis share: the run they are estimated in, and the rows they leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg import sql

# Decimals of a share or an error in `ops.basis_parameter`.
PLACES = Decimal("1e-8")


@dataclass(frozen=True)
class RunContext:
    """What the estimation needs to know of the run."""

    payor_id: str
    as_of: date
    minor_units: int


@dataclass(frozen=True)
class Parameter:
    """One row of `ops.basis_parameter`; empty text and month 0 stand for 'not by this'.

    cell: claim type, position of the opinion, component or span, as the kind says. month: a lag, a
    month since the opinion, a calendar month (year * 100 + month) or a price year.
    """

    kind: str
    value: Decimal
    n: int
    source: str
    family_id: str = ""
    perspective: str = ""
    cell: str = ""
    month: int = 0
    se: Decimal | None = None


def work(payor: str, relation: str) -> sql.Identifier:
    """A relation of the payor's work schema."""
    return sql.Identifier(f"work_{payor}", relation)
