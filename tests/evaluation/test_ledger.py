"""The ledger against the golden example, with a censored case that still pays its fee."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from evaluation import ledger
from evaluation.ledger import LedgerCase

FEE = Decimal(1500)


def golden_cases() -> list[LedgerCase]:
    return [
        LedgerCase(Decimal("0.80"), Decimal(52000), Decimal(4000), False,
                   alternative_cost=Decimal(6500), induced_cost=Decimal(900), case_fee=FEE),
        LedgerCase(Decimal("0.80"), Decimal(52000), Decimal(4000), True,
                   procedure_cost=Decimal(49800), induced_cost=Decimal(1200), case_fee=FEE),
        LedgerCase(Decimal("0.70"), Decimal(31000), Decimal(2500), False,
                   alternative_cost=Decimal(14000), induced_cost=Decimal(300), case_fee=FEE),
        LedgerCase(Decimal(0), Decimal(0), Decimal(3000), False,
                   induced_cost=Decimal(8200), case_fee=FEE),
        LedgerCase(Decimal("0.80"), Decimal(52000), Decimal(4000), False, case_fee=FEE,
                   is_observed_to_window_end=False),
    ]  # fmt: skip


def with_survival(survival: str) -> list[LedgerCase]:
    return [replace(case, enrolment_survival=Decimal(survival)) for case in golden_cases()]


@pytest.mark.parametrize(
    ("number", "expected", "gross", "net"),
    [
        (0, "42400.00", "35000.00", "33500.00"),
        (1, "42400.00", "-8600.00", "-10100.00"),
        (2, "22450.00", "8150.00", "6650.00"),
        (3, "3000.00", "-5200.00", "-6700.00"),
    ],
)
def test_each_case_row(number: int, expected: str, gross: str, net: str) -> None:
    case = golden_cases()[number]
    assert ledger.expected_cost(case) == Decimal(expected)
    assert ledger.gross_savings(case) == Decimal(gross)
    assert ledger.net_savings(case) == Decimal(net)


@pytest.mark.parametrize(
    ("survival", "gross", "net", "roi", "bcr"),
    [
        ("1", "29350.00", "21850.00", "2.9133", "3.9133"),
        ("0.8", "36687.50", "29187.50", "3.8917", "4.8917"),
        ("0.7", "41928.57", "34428.57", "4.5905", "5.5905"),
    ],
)
def test_totals_weight_savings_and_never_fees(
    survival: str, gross: str, net: str, roi: str, bcr: str
) -> None:
    figures = ledger.totals(with_survival(survival), fees=5 * FEE)
    assert (figures.gross, figures.net) == (Decimal(gross), Decimal(net))
    assert figures.roi_net is not None and round(figures.roi_net, 4) == Decimal(roi)
    assert figures.bcr is not None and round(figures.bcr, 4) == Decimal(bcr)
    assert figures.effective_cases is not None and round(figures.effective_cases, 9) == 4


def test_no_fees_leave_the_ratios_unknown() -> None:
    figures = ledger.totals([], fees=Decimal(0))
    assert (figures.gross, figures.roi_net, figures.bcr) == (0, None, None)
    assert figures.effective_cases is None


def test_capture_ratios() -> None:
    gross = ledger.capture_ratio_gross(Decimal(29350), Decimal(69000))
    net = ledger.capture_ratio_net(Decimal(23350), Decimal(69000), Decimal(6000))
    assert gross is not None and round(gross, 4) == Decimal("0.4254")
    assert net is not None and round(net, 4) == Decimal("0.3706")


def test_break_even() -> None:
    cases = golden_cases()
    singles = [ledger.break_even_p0([case]) for case in cases[:3]]
    assert [round(x, 4) for x in singles if x is not None] == [
        Decimal("0.1021"), Decimal("1.0104"), Decimal("0.4667"),
    ]  # fmt: skip
    pooled = ledger.break_even_p0(cases[:3])
    assert pooled is not None and round(pooled, 4) == Decimal("0.5357")
    assert ledger.break_even_p0([cases[3]]) is None


@pytest.mark.parametrize("perspective", ["system", "payor"])
def test_a_denied_operation_is_nobodys_saving(perspective: ledger.Perspective) -> None:
    case = LedgerCase(Decimal("0.80"), Decimal(52000), Decimal(4000), True,
                      alternative_cost=Decimal(500), is_performed_denied=True,
                      perspective=perspective)  # fmt: skip
    expected = {"system": Decimal("-10100.00"), "payor": Decimal("0")}
    assert ledger.gross_savings(case) == expected[perspective]


def test_case_mix_identity() -> None:
    operated = LedgerCase(Decimal("0.855"), Decimal(40000), Decimal(0), True,
                          procedure_cost=Decimal(40000))  # fmt: skip
    spared = replace(operated, is_performed=False, procedure_cost=Decimal(0))
    figures = ledger.totals([operated] * 31 + [spared] * 69, fees=Decimal(0))
    assert figures.gross == Decimal(2_180_000)


def test_minor_units() -> None:
    assert ledger.round_minor(Decimal("1234.5"), 0) == Decimal("1235")
    assert ledger.round_minor(Decimal("-0.0005"), 3) == Decimal("-0.001")
