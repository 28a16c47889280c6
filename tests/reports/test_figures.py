"""Figures of a night made by hand: exact, complete, and silent about what is not known."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from expectations.gate import run_gate
from expectations.register import GATES
from pipeline.settings import Settings
from reports.bridge import read_bridge
from reports.figures import Figure, figures, figures_json, figures_text
from reports.measures import CLASSES, STATUSES, headline
from reports.source import (
    ReleaseNotReadable,
    UnknownPayor,
    UnknownRelease,
    open_source,
    reader_role,
)
from tests.expectations.handmade import FEE, GROSS, MODELLED, NET, execute, make_night, rerun
from warehouse import release
from warehouse.connection import connect
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse


def publish(settings: Settings, payor: str) -> int:
    """Ask all gates and publish; the release."""
    for gate in GATES:
        assert run_gate(settings, payor, gate).blocking == []
    with connect(settings, "publisher") as conn:
        return release.publish(conn, release.current_run(conn, payor)).release_id


def read(settings: Settings, payor: str, shown: int | None = None) -> dict[str, Figure]:
    with connect(settings, reader_role(shown)) as conn:
        return {figure.name: figure for figure in figures(conn, payor, shown)}


@pytest.fixture(scope="module")
def published(settings: Settings, add_payor: Callable[..., Payor]) -> tuple[str, int]:
    """A payor with one release of the night made by hand."""
    payor = add_payor("figures").payor_id
    make_night(settings, payor)
    return payor, publish(settings, payor)


def test_the_headline_is_exact(settings: Settings, published: tuple[str, int]) -> None:
    found = read(settings, published[0])

    assert found["modelled_gross"].value == MODELLED
    assert found["verified_gross"].value == GROSS
    assert found["programme_fees"].value == FEE
    assert found["verified_net"].value == NET == GROSS - FEE
    assert found["verified_net"].grade == "E"
    assert found["verified_net"].maturity == "closed"
    assert found["verified_net"].currency == "USD"
    assert found["verified_net_system"].value == NET
    assert (found["cases_requested"].value, found["cases_delivered"].value) == (3, 2)
    assert found["cases_cancelled"].value == 0


def test_every_status_and_class_is_given_zeros_too(
    settings: Settings, published: tuple[str, int]
) -> None:
    found = read(settings, published[0])

    statuses = {name: found[f"status_{name}"].numerator for name in STATUSES}
    assert statuses.pop("not_performed_confirmed") == 1
    assert statuses.pop("performed_as_proposed") == 1
    assert set(statuses.values()) == {Decimal(0)}
    assert [found[f"diagnosis_{name}"].numerator for name in CLASSES] == [2, 0, 0, 0]


def test_json_holds_exact_decimals_as_text(settings: Settings, published: tuple[str, int]) -> None:
    page = json.loads(figures_json(read(settings, published[0]).values()))

    listed = {figure["figure"]: figure for figure in page["figures"]}
    assert (page["payor"], page["release"]) == published
    assert listed["verified_net"]["value"] == "23398.3"
    assert listed["verified_net"]["interval"] == {"lower": "14398.3", "upper": "30398.3"}
    assert listed["cases_delivered"]["grade"] is None
    numbers = [figure["value"] for figure in listed.values()]
    assert all(value is None or isinstance(value, str) for value in numbers)
    assert len(listed) == len(headline()) + 4


def test_the_bridge_adds_up_to_the_published_net(
    settings: Settings, published: tuple[str, int]
) -> None:
    with connect(settings, "reporter") as conn:
        steps = read_bridge(open_source(conn, published[0]))

    changes = sum((step.amount for step in steps if not step.is_total), Decimal(0))
    levels = {step.label: step.amount for step in steps if step.is_total}
    assert levels == {"Modelled gross": MODELLED, "Verified gross": GROSS, "Verified net": NET}
    assert MODELLED + changes == NET


def test_a_given_release_stays_readable(
    settings: Settings, add_payor: Callable[..., Payor]
) -> None:
    payor = add_payor("past").payor_id
    make_night(settings, payor)
    first = publish(settings, payor)
    rerun(settings, payor, date(2026, 7, 2))
    execute(
        settings,
        None,
        f"update work_{payor}.mart_cost_savings set numerator = 7, value = 7"
        " where measure = 'effective_cases'",
    )
    second = publish(settings, payor)

    assert read(settings, payor, first)["effective_cases"].value == 2
    assert read(settings, payor, second)["effective_cases"].value == 7
    assert read(settings, payor)["effective_cases"].value == 7
    with connect(settings, "reporter") as conn:
        assert figures(conn, payor, second)[0].release == second
        with pytest.raises(ReleaseNotReadable):
            figures(conn, payor, first)


def test_without_a_closed_case_money_is_not_known(
    settings: Settings, add_payor: Callable[..., Payor]
) -> None:
    payor = add_payor("open").payor_id
    make_night(settings, payor)
    _reopen(settings, payor)
    publish(settings, payor)

    found = read(settings, payor)

    for name in ("verified_gross", "verified_net", "roi_net", "pmpm_impact", "modelled_gross"):
        assert (found[name].value, found[name].reason) == (None, "no_closed_cohort"), name
    assert found["modelled_gross_all"].value == MODELLED
    assert "not estimable yet" in figures_text(found.values())


def _reopen(settings: Settings, payor: str) -> None:
    """What the aggregates print when no cohort is closed: zeros."""
    work = f"work_{payor}"
    for statement in (
        f"update {work}.fct_case_savings set maturity = 'open'",
        f"update {work}.fct_second_opinion set maturity = 'open' where maturity = 'closed'",
        f"update {work}.fct_programme_fee set maturity = 'open'",
        f"update {work}.mart_cost_savings set numerator = 0, value = 0, lower = null, upper = null"
        " where maturity = 'closed'",
    ):
        execute(settings, None, statement)


def test_nothing_is_known_without_a_consultation_feed(
    settings: Settings, add_payor: Callable[..., Payor]
) -> None:
    payor = add_payor("claims").payor_id
    make_night(settings, payor, with_cases=False)
    publish(settings, payor)

    found = read(settings, payor)

    known = {name for name, figure in found.items() if figure.value is not None}
    assert known == {"member_months"}
    assert {found[name].reason for name in found.keys() - known} == {"no_consultation_feed"}


def test_before_the_first_release_every_figure_is_named_and_none_is_given(
    settings: Settings, add_payor: Callable[..., Payor]
) -> None:
    found = read(settings, add_payor("new").payor_id)

    assert len(found) == len(headline()) + 4
    assert {(figure.value, figure.reason) for figure in found.values()} == {(None, "no_release")}


def test_an_unknown_payor_or_release_is_refused(
    settings: Settings, published: tuple[str, int]
) -> None:
    with connect(settings, "reporter") as conn:
        with pytest.raises(UnknownPayor):
            figures(conn, "nobody")
        with pytest.raises(UnknownRelease):
            figures(conn, published[0], 999_999)
