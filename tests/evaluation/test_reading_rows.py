"""Agreement by period: too low is one thing, not measured another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from evaluation.plan import load_plan
from evaluation.reading import Case, Row, agreement_rows

FIRST, SECOND = date(2026, 1, 1), date(2026, 4, 1)


def ac1(cases: dict[date, list[Case]], opinions: dict[date, int]) -> dict[date | None, Row]:
    rows = agreement_rows(cases, opinions, load_plan())
    return {row.period: row for row in rows if row.measure == "gwet_ac1"}


def test_too_few_reads_are_flagged_however_well_they_agree() -> None:
    """Fifty of a quarter's cases, or a tenth, or all there are: the plan of double reading."""
    agreed: Case = ["changed", "changed"]
    found = ac1({FIRST: [agreed] * 50, SECOND: [agreed] * 50}, {FIRST: 400, SECOND: 600})
    assert (found[FIRST].is_enough, found[SECOND].is_enough) == (True, False)
    assert not found[None].is_enough
    assert ac1({FIRST: [agreed] * 3}, {FIRST: 3})[FIRST].is_enough


def test_a_case_read_once_is_no_second_read() -> None:
    found = ac1({FIRST: [["changed", "changed"], ["changed"]]}, {FIRST: 2})
    assert not found[FIRST].is_enough


def test_low_agreement_stays_low_when_it_rests_on_enough() -> None:
    cases: list[Case] = [["changed", "confirmed"], ["refined", "confirmed"]] * 25
    row = ac1({FIRST: cases}, {FIRST: 50})[FIRST]
    assert row.is_low_reliability and row.is_enough
    assert Decimal(repr(row.agreement.value)) < load_plan().reliability_floor


def test_a_period_that_nobody_read_twice_has_no_row() -> None:
    assert ac1({FIRST: [["changed"]]}, {FIRST: 1, SECOND: 8}) == {}
