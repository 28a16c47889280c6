"""What remittances make of a claim, written down plainly: a ledger kept payment by payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
ORDER = {"original": 1, "reversal": 2, "replacement": 3}


@dataclass(frozen=True)
class Payment:
    """One CLP of a claim with two lines. lines: (paid, deductible) of each, before any sign.

    kind is what the reader must find: a claim after its own reversal in the same file is a
    replacement. place: of the claim in its file.
    """

    pcn: str
    kind: str
    date: str
    lines: tuple[tuple[Decimal, Decimal], ...]
    place: int

    @property
    def sign(self) -> int:
        return -1 if self.kind == "reversal" else 1

    @property
    def paid(self) -> Decimal:
        return self.sign * sum((paid for paid, _ in self.lines), ZERO)

    @property
    def allowed(self) -> Decimal:
        return self.sign * sum((paid + own for paid, own in self.lines), ZERO)


@dataclass(frozen=True)
class Settled:
    """What stands: state of the claim, of its remittances, and paid and allowed line by line."""

    state: str
    payment_state: str | None
    lines: tuple[tuple[Decimal | None, Decimal | None], ...]


def settle(
    own: tuple[Decimal | None, ...], own_date: str | None, payments: Sequence[Payment]
) -> Settled:
    """A claim of two lines that states `own` as paid (None: an 837, which states nothing)."""
    alone = Settled("final", None, tuple((paid, paid) for paid in own))
    if not payments:
        return alone
    ordered = sorted(payments, key=lambda p: (p.date, ORDER[p.kind], p.place))
    known = None if None in own else sum((paid or ZERO for paid in own), ZERO)
    if known is not None and own_date is not None and own_date > ordered[-1].date:
        return Settled("final", "overtaken", alone.lines)
    if ordered[0].kind == "reversal" and known != -ordered[0].paid:
        return Settled("final", "held", alone.lines)
    standing: list[Payment] = []
    for payment in ordered:
        standing = [] if payment.kind == "reversal" else [*standing, payment]
    if not standing:
        return Settled("voided", "applied", ())
    return Settled("final", "applied", tuple(_line(standing, at) for at in range(len(own))))


def _line(standing: Sequence[Payment], at: int) -> tuple[Decimal, Decimal]:
    paid = sum((payment.lines[at][0] for payment in standing), ZERO)
    return paid, sum((sum(payment.lines[at], ZERO) for payment in standing), ZERO)
