"""Everything one payor's page says, gathered before a single tag is written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reports import charts, tables
from reports.bridge import Step, read_bridge
from reports.changes import Changes, read_changes
from reports.figures import Figure, read_figures
from reports.health import Health, read_health
from reports.measures import CLASSES, NO_PROPOSAL, STATUSES
from reports.source import Row, Source
from reports.tables import Pivot
from reports.wording import interval, money, number, share

_PAYOR = """
    select payor_id, name, country_code, region, currency_code, runout_months, sample_note
    from ops.payor
    where payor_id = %(payor)s
"""
_SERVICE = "select first_service_date, last_service_date from {dim_payor}"


@dataclass(frozen=True)
class Page:
    """The content of one payor's page."""

    payor: Row
    service: Row
    health: Health
    figures: dict[str, Figure]
    bridge: list[Step]
    slices: dict[str, Pivot]
    cohorts: list[Row]
    fees: list[Row]
    unverifiable: list[Row]
    not_estimable: list[Row]
    claims: Pivot
    changes: Changes

    @property
    def currency(self) -> str:
        return str(self.payor["currency_code"])

    @property
    def has_release(self) -> bool:
        return self.health.release is not None

    @property
    def has_consultations(self) -> bool:
        """Whether the payor's consultation feed ever brought a case."""
        requested = self.figures.get("cases_requested")
        return bool(requested and requested.value)

    @property
    def open_cases(self) -> int:
        return sum(row["cases"] for row in self.cohorts if row["maturity"] == "open")

    def statuses(self) -> list[Figure]:
        """All statuses of proposed procedures, in the order of the method."""
        return [self.figures[f"status_{name}"] for name in STATUSES]

    def without_proposal(self) -> Figure:
        return self.figures[f"status_{NO_PROPOSAL}"]

    def classes(self) -> list[Figure]:
        return [self.figures[f"diagnosis_{name}"] for name in CLASSES]

    def status_chart(self) -> str:
        """Bars of all statuses against the procedures proposed."""
        proposed = self.figures["procedures_proposed"].numerator or Decimal(0)
        first = charts.Bar("Procedures proposed", proposed, number(proposed), "quiet")
        listed = [first, *(_count_bar(figure) for figure in self.statuses())]
        return charts.bars("Procedures proposed and what became of them", listed, proposed or None)

    def class_chart(self) -> str:
        """Bars of the diagnosis classes with their intervals."""
        listed = [_share_bar(figure) for figure in self.classes()]
        return charts.bars("Diagnosis after the second opinion, share of cases", listed)

    def bridge_chart(self) -> str:
        """The waterfall from modelled gross to verified net."""
        steps = [
            (step.label, step.amount, step.is_total, signed(step, self.currency))
            for step in self.bridge
        ]
        return charts.waterfall("From modelled gross to verified net savings", steps)


def read_page(source: Source) -> Page:
    """Gather the page; before the first release it holds the health of the nights only."""
    health = read_health(source)
    figures = {figure.name: figure for figure in read_figures(source)}
    is_published = health.release is not None
    payor = source.one(_PAYOR)
    assert payor is not None  # open_source has seen it
    return Page(
        payor=payor,
        service=source.one(_SERVICE) or {"first_service_date": None, "last_service_date": None},
        health=health,
        figures=figures,
        bridge=read_bridge(source) if is_published else [],
        slices=tables.read_slices(source),
        cohorts=tables.read_cohorts(source),
        fees=tables.read_fees(source),
        unverifiable=tables.read_unverifiable(source),
        not_estimable=tables.read_not_estimable(source),
        claims=tables.read_claims(source),
        changes=read_changes(source),
    )


def signed(step: Step, currency: str) -> str:
    """A level with its currency, a change with its sign."""
    if step.is_total:
        return money(step.amount, currency)
    plus = "+" if step.amount > 0 else ""
    return plus + number(step.amount)


def _count_bar(figure: Figure) -> charts.Bar:
    count = figure.numerator or Decimal(0)
    known = number(figure.numerator)
    text = f"{known} · {share(figure.value)}" if figure.value is not None else known
    return charts.Bar(figure.label, count, text)


def _share_bar(figure: Figure) -> charts.Bar:
    label = figure.label.removeprefix("Diagnosis ").capitalize()
    value = figure.value or Decimal(0)
    text = share(figure.value) if figure.value is not None else interval(figure)
    return charts.Bar(label, value, text or "not known", "accent", figure.lower, figure.upper)
