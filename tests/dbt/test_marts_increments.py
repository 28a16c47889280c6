"""The facts of a payor night by night: increments equal a rebuild, time alone moves a case, and a
night that was not published is published with the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from evaluation.basis import estimate_if_due
from evaluation.estimates import write_estimates
from evaluation.proportions import wilson
from pipeline import night
from pipeline.settings import Settings
from pipeline.transform import run_layer
from tests.worlds import deliver
from warehouse import payor as payors
from warehouse.connection import connect

pytestmark = [pytest.mark.warehouse, pytest.mark.night]

WHO = "northlake"
FACTS = (
    "fct_second_opinion",
    "fct_diagnosis_change",
    "fct_treatment_change",
    "fct_procedure_decision",
    "fct_case_claim",
    "fct_case_savings",
    "fct_programme_fee",
    "dim_payor",
)
LATER = date(2026, 7, 20)
MUCH_LATER = date(2026, 11, 20)


@dataclass
class Built:
    """What one night left behind."""

    work: set[str]
    statuses: dict[str, str]
    basis: int


@dataclass
class Ledger:
    """Builds nights of one payor; a release is only recorded, as publishing is tested elsewhere."""

    settings: Settings
    world: Path
    who: str

    def night(self, as_of: date, files_of: tuple[str, ...] = (), release: bool = True) -> Built:
        for delivered in files_of:
            deliver(self.settings, self.world, delivered, self.who)
        night.receive(self.settings, self.who, as_of)
        night.load(self.settings, self.who, as_of)
        night.link(self.settings, self.who, as_of)
        built = self.build()
        if release:
            self.record_release(as_of, built.basis)
        return built

    def build(self, full_refresh: bool = False) -> Built:
        run_layer(self.settings, self.who, "claims_cases", full_refresh)
        with connect(self.settings, "transformer") as conn:
            basis = estimate_if_due(conn, self.who)
        run_layer(self.settings, self.who, "facts", full_refresh)
        return Built(
            work={row[0] for row in self.query("select case_key from {work}.int_work_case")},
            statuses=dict(
                self.query("select decision_key, status from {work}.fct_procedure_decision")
            ),
            basis=basis,
        )

    def record_release(self, as_of: date, basis: int) -> None:
        with connect(self.settings) as conn:
            conn.execute(
                """
                insert into ops.release (
                    payor_id, as_of, run_epoch, basis_id, input_hash, reference_hash,
                    contract_version, code_revision, register_hash
                )
                values (%s, %s, 0, %s, '', '', '', '', '')
                """,
                (self.who, as_of, basis),
            )
            conn.execute(
                "update ops.change set released_in = 0 where payor_id = %s and released_in is null",
                (self.who,),
            )

    def query(self, statement: str) -> list[Any]:
        text = statement.replace("{work}", f"work_{self.who}")
        with connect(self.settings, "transformer") as conn:
            return psycopg.Cursor(conn).execute(text.encode()).fetchall()

    def rows(self, relation: str) -> list[str]:
        """All rows as sorted JSON text."""
        found = self.query(f"select to_jsonb(r)::text from {{work}}.{relation} as r order by 1")
        return [str(row[0]) for row in found]


@dataclass
class Story:
    """Five nights: the first, one with files, one not published, the next, and one months later."""

    ledger: Ledger
    first: Built
    second: Built
    unpublished: Built
    after: Built
    much_later: Built
    increments: dict[str, list[str]]
    rebuild: dict[str, list[str]]


@pytest.fixture(scope="module")
def story(settings: Settings, small_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("ledger")
    who = "ledgerplan"
    source = small_world / "payors" / f"{WHO}.yml"
    for path in source.parent.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    renamed = folder / f"{who}.yml"
    renamed.write_text(source.read_text().replace(f"payor: {WHO}", f"payor: {who}"))
    payors.add(settings, renamed)
    world = folder / "world"
    for day in sorted((small_world / "nights").iterdir()):
        for path in sorted((day / WHO).rglob("*.*")):
            copy = world / "nights" / day.name / who / path.parent.name / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    days = sorted(day.name for day in (world / "nights").iterdir())
    ledger = Ledger(settings, world, who)
    nights = [
        ledger.night(date.fromisoformat(days[0]), (days[0],)),
        ledger.night(date.fromisoformat(days[1]), (days[1],)),
        ledger.night(date.fromisoformat(days[2]), (days[2],), release=False),
        ledger.night(LATER),
        ledger.night(MUCH_LATER, tuple(days[3:]), release=False),
    ]
    increments = {name: ledger.rows(name) for name in FACTS}
    ledger.build(full_refresh=True)
    rebuild = {name: ledger.rows(name) for name in FACTS}
    return Story(ledger, *nights, increments=increments, rebuild=rebuild)


@pytest.mark.parametrize("relation", FACTS)
def test_increments_equal_a_rebuild(story: Story, relation: str) -> None:
    assert len(story.increments[relation]) > 0
    assert story.increments[relation] == story.rebuild[relation]


def test_the_first_night_touches_every_case(story: Story) -> None:
    assert len(story.first.work) > 50


def test_an_ordinary_night_touches_some_cases_only(story: Story) -> None:
    assert 0 < len(story.unpublished.work) < len(story.first.work)


def test_the_first_code_of_another_system_says_nothing_of_old_cases(story: Story) -> None:
    """The second night brings WHO codes: no case of the first was read by such a list."""
    assert story.second.work
    assert not story.second.work >= story.first.work


def test_what_was_not_published_stays_touched(story: Story) -> None:
    assert story.unpublished.work
    assert story.unpublished.work <= story.after.work


def test_the_month_keeps_its_basis_and_the_next_one_gets_its_own(story: Story) -> None:
    assert story.first.basis == story.second.basis == story.after.basis
    assert story.much_later.basis != story.first.basis
    assert len(story.much_later.work) >= len(story.first.work)


def test_time_alone_matures_a_case(story: Story) -> None:
    moved = {
        key
        for key, status in story.after.statuses.items()
        if status == "not_performed_provisional"
        and story.much_later.statuses.get(key) == "not_performed_confirmed"
    }
    assert moved


@pytest.fixture(scope="module")
def aggregates(story: Story) -> Ledger:
    with connect(story.ledger.settings, "transformer") as conn:
        assert write_estimates(conn, story.ledger.who) > 0
    run_layer(story.ledger.settings, story.ledger.who, "aggregates")
    return story.ledger


def headline(ledger: Ledger, perspective: str) -> dict[str, Any]:
    statement = f"""
        select measure, value from {{work}}.mart_cost_savings
        where perspective = '{perspective}' and maturity = 'closed' and slice = 'total'
        and period_grain = 'all'
    """
    return dict(ledger.query(statement))


@pytest.mark.parametrize("perspective", ["system", "payor"])
def test_the_headline_re_adds_from_cases_and_fees(aggregates: Ledger, perspective: str) -> None:
    cases = aggregates.query(
        f"""
        select gross_savings, enrolment_survival from {{work}}.fct_case_savings
        where perspective = '{perspective}' and maturity = 'closed' and is_estimable
        and is_observed_to_window_end
        """
    )
    fees = aggregates.query(
        "select sum(fee_amount) from {work}.fct_programme_fee where maturity = 'closed'"
    )[0][0]
    assert len(cases) > 5 and fees > 0
    gross = round(sum((g / k for g, k in cases), Decimal(0)), 2)
    figures = headline(aggregates, perspective)
    assert figures["verified_gross"] == gross
    assert figures["programme_fees"] == fees
    assert figures["verified_net"] == gross - fees
    assert abs(figures["roi_net"] - (gross - fees) / fees) < Decimal("1e-8")


def test_the_interval_is_at_least_as_wide_as_the_band(aggregates: Ledger) -> None:
    low, high = aggregates.query(
        """
        select
            sum((p0_low - p0) * (expected_procedure_cost - expected_alternative_cost)
                / enrolment_survival),
            sum((p0_high - p0) * (expected_procedure_cost - expected_alternative_cost)
                / enrolment_survival)
        from {work}.fct_case_savings
        where perspective = 'system' and maturity = 'closed' and is_estimable
        and is_observed_to_window_end
        """
    )[0]
    lower, upper = aggregates.query(
        """
        select lower, upper from {work}.mart_cost_savings
        where measure = 'verified_gross' and perspective = 'system' and maturity = 'closed'
        and slice = 'total' and period_grain = 'all'
        """
    )[0]
    assert high > low
    assert upper - lower >= round(high - low, 2) - Decimal("0.02")


def test_shares_carry_wilson_intervals(aggregates: Ledger) -> None:
    rows = aggregates.query(
        """
        select numerator, denominator, lower, upper from {work}.mart_diagnosis_change
        where denominator > 0
        union all
        select numerator, denominator, lower, upper from {work}.mart_avoided_procedure
        where denominator > 0
        """
    )
    assert len(rows) > 100
    for numerator, denominator, lower, upper in rows:
        bounds = wilson(int(numerator), int(denominator))
        assert bounds is not None
        assert (float(lower), float(upper)) == pytest.approx(bounds, abs=1e-8)


def test_every_case_line_is_listed_once(aggregates: Ledger) -> None:
    lines, distinct = aggregates.query(
        "select count(*), count(distinct claim_line_key) from {work}.fct_case_claim"
    )[0]
    assert lines == distinct > 50
