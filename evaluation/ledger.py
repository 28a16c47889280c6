"""The case ledger in plain Python: the reference that the tests hold the SQL against.

Every amount is a `Decimal` in one currency. A case row is rounded to the currency's minor unit
where it is priced; totals are rounded once, at the end. Fees are never weighted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Perspective = Literal["system", "payor"]
ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True)
class LedgerCase:
    """What the ledger knows about one case in one perspective; costs re-add to claim lines."""

    p0: Decimal
    expected_procedure_cost: Decimal
    expected_alternative_cost: Decimal
    is_performed: bool
    procedure_cost: Decimal = ZERO
    alternative_cost: Decimal = ZERO
    substitute_cost: Decimal = ZERO
    induced_cost: Decimal = ZERO
    case_fee: Decimal = ZERO
    is_performed_denied: bool = False
    is_observed_to_window_end: bool = True
    enrolment_survival: Decimal = ONE
    perspective: Perspective = "system"


@dataclass(frozen=True)
class LedgerTotals:
    """Headline figures of one closed cohort; ratios are None where their denominator is zero."""

    gross: Decimal
    fees: Decimal
    net: Decimal
    roi_net: Decimal | None
    bcr: Decimal | None
    effective_cases: Decimal | None


def round_minor(amount: Decimal, minor_units: int) -> Decimal:
    """Round half away from zero to the currency's minor unit, as PostgreSQL's numeric does."""
    return amount.quantize(ONE.scaleb(-minor_units), rounding=ROUND_HALF_UP)


def expected_cost(case: LedgerCase, minor_units: int = 2) -> Decimal:
    """E0: the expected cost without the second opinion."""
    procedure = case.p0 * case.expected_procedure_cost
    alternative = (ONE - case.p0) * case.expected_alternative_cost
    return round_minor(procedure + alternative, minor_units)


def charged_procedure_cost(case: LedgerCase) -> Decimal:
    """The procedure's cost; rendered and denied, it costs the system what it usually costs."""
    if case.is_performed_denied and case.perspective == "system":
        return case.expected_procedure_cost
    return case.procedure_cost


def observed_cost(case: LedgerCase, minor_units: int = 2) -> Decimal:
    """O: procedure, alternatives, substitutes and induced care, each rounded once."""
    parts = (
        charged_procedure_cost(case),
        case.alternative_cost,
        case.substitute_cost,
        case.induced_cost,
    )
    return sum((round_minor(part, minor_units) for part in parts), ZERO)


def gross_savings(case: LedgerCase, minor_units: int = 2) -> Decimal:
    """E0 - O; a denial by the payor can never show as the payor's saving."""
    gross = expected_cost(case, minor_units) - observed_cost(case, minor_units)
    if case.is_performed_denied and case.perspective == "payor":
        return min(gross, ZERO)
    return gross


def net_savings(case: LedgerCase, minor_units: int = 2) -> Decimal:
    """Gross less the case's own fee."""
    return gross_savings(case, minor_units) - round_minor(case.case_fee, minor_units)


def weight(case: LedgerCase) -> Decimal:
    """D/K: zero for a case not covered to the end of its window, else 1 / enrolment survival."""
    if not case.is_observed_to_window_end:
        return ZERO
    return ONE / case.enrolment_survival


def effective_cases(weights: Iterable[Decimal]) -> Decimal | None:
    """The number of equally weighted cases that would be as informative."""
    kept = list(weights)
    squares = sum((w * w for w in kept), ZERO)
    return sum(kept, ZERO) ** 2 / squares if squares else None


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """A ratio that is unknown, never zero, when there is nothing to divide by."""
    return numerator / denominator if denominator else None


def totals(cases: Sequence[LedgerCase], fees: Decimal, minor_units: int = 2) -> LedgerTotals:
    """Headline of a closed cohort with `fees` = all programme fees of its periods."""
    weights = [weight(case) for case in cases]
    weighted = sum(
        (gross_savings(c, minor_units) * w for c, w in zip(cases, weights, strict=True)), ZERO
    )
    gross = round_minor(weighted, minor_units)
    net = gross - fees
    return LedgerTotals(
        gross=gross,
        fees=fees,
        net=net,
        roi_net=ratio(net, fees),
        bcr=ratio(gross, fees),
        effective_cases=effective_cases(weights),
    )


def capture_ratio_gross(verified_gross: Decimal, modelled_gross: Decimal) -> Decimal | None:
    """Share of the plan-against-plan figure that claims bear out."""
    return ratio(verified_gross, modelled_gross)


def capture_ratio_net(
    verified_net: Decimal, modelled_gross: Decimal, fees: Decimal
) -> Decimal | None:
    """The same after fees on both sides."""
    return ratio(verified_net, modelled_gross - fees)


def break_even_p0(cases: Sequence[LedgerCase]) -> Decimal | None:
    """The counterfactual probability at which the cases together save nothing, a ratio of sums.

    Above 1 the programme never breaks even, below 0 it always does; None when the procedure is
    expected to cost no more than its alternative.
    """
    room = sum((c.expected_procedure_cost - c.expected_alternative_cost for c in cases), ZERO)
    if room <= 0:
        return None
    spent = sum((observed_cost(c) + c.case_fee - c.expected_alternative_cost for c in cases), ZERO)
    return spent / room
