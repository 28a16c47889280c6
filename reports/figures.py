"""The headline figures of one payor and release: exact, with interval, grade and maturity."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import psycopg

from reports.measures import COUNT, MONEY, STATUSES, Measure, headline
from reports.source import Row, Source, open_source

NO_COMPARATOR = "E"
COUNTED = ""
_COUNTED = ("closed", "weighted", "modelled_all", "modelled_closed")
Key = tuple[str, str, str, str]

_LONG = """
    select
        measure, {perspective} as perspective, maturity, numerator, denominator, value,
        lower, upper, evidence_grade, currency_code
    from {relation}
    where slice = 'total' and period_grain = 'all'
"""
_CASES = """
    select
        count(*) as requested,
        count(*) filter (where case_status = 'delivered') as delivered,
        count(*) filter (where case_status = 'cancelled') as cancelled,
        count(*) filter (where case_status = 'requested') as waiting
    from {fct_second_opinion}
"""
_TERMS = """
    select
        currency.minor_units,
        array(
            select distinct receipt.feed
            from ops.receipt as receipt
            where receipt.payor_id = %(payor)s and receipt.state = 'loaded'
        ) as feeds
    from ops.payor as payor
    inner join reference.currency as currency on currency.currency_code = payor.currency_code
    where payor.payor_id = %(payor)s
"""
# An aggregate prints 0 when nothing could be added up; these counts tell that from a real zero.
_ADDED = """
    select
        perspective,
        count(*) filter (where maturity = 'closed') as closed,
        count(*) filter (
            where maturity = 'closed' and is_estimable and is_observed_to_window_end
        ) as weighted,
        count(modelled_gross) as modelled_all,
        count(modelled_gross) filter (where maturity = 'closed') as modelled_closed
    from {fct_case_savings}
    group by perspective
"""
_CLOSED_FEE = "select 1 as found from {fct_programme_fee} where maturity = 'closed' limit 1"
_CASE_LABELS = {
    "requested": "Second opinions requested",
    "delivered": "Second opinions delivered",
    "cancelled": "Second opinions cancelled",
    "waiting": "Second opinions not delivered yet",
}


@dataclass(frozen=True)
class Figure:
    """One figure. value None means not known, with a `reason`; it never means zero.

    value, lower and upper share `unit`; numerator and denominator are what value is made of.
    grade is A to E, or '' for what is counted and not estimated.
    """

    name: str
    label: str
    unit: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    grade: str
    maturity: str
    perspective: str
    currency: str
    minor_units: int
    reason: str | None
    payor: str
    release: int | None

    def as_json(self) -> dict[str, Any]:
        """Plain types; every number an exact decimal string."""
        known = self.lower is not None and self.upper is not None
        return {
            "figure": self.name,
            "label": self.label,
            "value": exact(self.value),
            "numerator": exact(self.numerator),
            "denominator": exact(self.denominator),
            "interval": {"lower": exact(self.lower), "upper": exact(self.upper)} if known else None,
            "grade": self.grade or None,
            "maturity": self.maturity,
            "perspective": self.perspective or None,
            "unit": self.unit,
            "currency": self.currency or None,
            "reason": self.reason,
        }


def figures(conn: psycopg.Connection[Any], payor: str, release: int | None = None) -> list[Figure]:
    """The headline figures of the current release, or of a given one.

    Every figure of the list is present in every answer; one that cannot be given has value None and
    a reason. The role `reporter` sees the current release only, an earlier one needs
    `source.reader_role(release)`. Raises UnknownPayor, UnknownRelease.
    """
    return read_figures(open_source(conn, payor, release))


def read_figures(source: Source) -> list[Figure]:
    """As `figures`, from an open source."""
    release = source.release if source.release is not None else current_release(source)
    terms = source.one(_TERMS) or {}
    reader = _Reader(
        payor=source.payor,
        release=release,
        minor_units=int(terms["minor_units"]),
        feeds=frozenset(terms["feeds"]),
        found={} if release is None else _lookup(source),
        cases=None if release is None else source.one(_CASES),
        added={row["perspective"]: row for row in source.rows(_ADDED)},
        has_closed_fees=source.one(_CLOSED_FEE) is not None,
    )
    return [*reader.cases_by_state(), *(reader.figure(measure) for measure in headline())]


def current_release(source: Source) -> int | None:
    """The release the payor's readers see now, None before the first."""
    row = source.one("select release_id from ops.release_pointer where payor_id = %(payor)s")
    return None if row is None else int(row["release_id"])


def figures_json(found: Iterable[Figure]) -> str:
    """One JSON object: payor, release and the figures in order of print."""
    listed = list(found)
    head = listed[0]
    page = {
        "payor": head.payor,
        "release": head.release,
        "figures": [figure.as_json() for figure in listed],
    }
    return json.dumps(page, indent=2, ensure_ascii=False)


def figures_text(found: Iterable[Figure]) -> str:
    """The figures as aligned lines for a terminal."""
    from reports.wording import amount, interval

    listed = list(found)
    lines = [
        (figure.label, amount(figure), interval(figure), figure.grade or "-", figure.maturity)
        for figure in listed
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        f"{label:<{widths[0]}}  {value:>{widths[1]}}  {around:<{widths[2]}}  {grade}  {maturity}"
        for label, value, around, grade, maturity in lines
    )


def exact(value: Decimal | None) -> str | None:
    """A decimal without exponent and without needless zeros."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lookup(source: Source) -> dict[Key, Row]:
    """(relation, measure, perspective, maturity) -> row; maturity '' finds the only cohort."""
    found: dict[Key, Row] = {}
    for relation in sorted({measure.relation for measure in headline()}):
        perspective = "perspective" if relation == "mart_cost_savings" else "''"
        sql = _LONG.replace("{perspective}", perspective)
        rows = source.rows(sql.replace("{relation}", "{" + relation + "}"))
        for row in sorted(rows, key=lambda row: row["maturity"] != "all"):
            found[(relation, row["measure"], row["perspective"], row["maturity"])] = row
            found.setdefault((relation, row["measure"], row["perspective"], ""), row)
    return found


@dataclass(frozen=True)
class _Reader:
    """Turns the rows of one release into figures. cases None = no release."""

    payor: str
    release: int | None
    minor_units: int
    feeds: frozenset[str]
    found: dict[Key, Row]
    cases: Row | None
    added: dict[str, Row]
    has_closed_fees: bool

    def figure(self, measure: Measure) -> Figure:
        unknown = self._unknown(measure)
        if unknown:
            return self._plain(measure, None, reason=unknown)
        row = self.found.get(
            (measure.relation, measure.measure, measure.perspective, measure.maturity)
        )
        if row is not None:
            return self._published(measure, row)
        total = self.found.get((measure.relation, "procedures_proposed", "", ""))
        if total is not None and measure.measure.removeprefix("status_") in STATUSES:
            return self._nobody(measure, total)
        return self._plain(measure, None, reason=self._reason(measure))

    def cases_by_state(self) -> list[Figure]:
        """Consultations by state; with a feed a count of none is a known zero, without it not."""
        listed = []
        for state, label in _CASE_LABELS.items():
            measure = Measure("fct_second_opinion", f"cases_{state}", label, COUNT)
            unknown = self._unknown(measure)
            count = Decimal(self.cases[state]) if self.cases and not unknown else None
            listed.append(self._plain(measure, count, numerator=count, reason=unknown))
        return listed

    def _published(self, measure: Measure, row: Row) -> Figure:
        value = row["value"]
        if value is None and measure.unit in (COUNT, MONEY):
            value = row["numerator"]
        return replace(
            self._plain(measure, value, numerator=row["numerator"]),
            denominator=row["denominator"],
            lower=row["lower"],
            upper=row["upper"],
            grade=row["evidence_grade"],
            maturity=row["maturity"],
            currency=row["currency_code"] or "",
            reason=self._reason(measure) if value is None else None,
        )

    def _nobody(self, measure: Measure, total: Row) -> Figure:
        """A status nobody has: zero of the proposed, because the proposed were counted."""
        proposed = total["numerator"]
        return replace(
            self._plain(measure, Decimal(0) if proposed else None, numerator=Decimal(0)),
            denominator=proposed,
            maturity=total["maturity"],
            reason=None if proposed else "no_proposed_procedures",
        )

    def _unknown(self, measure: Measure) -> str | None:
        """Why a printed zero would be no knowledge; None when the figure can be read."""
        if self.release is None:
            return "no_release"
        if measure.feed not in self.feeds:
            return f"no_{measure.feed}_feed"
        if measure.relation != "mart_cost_savings":
            return None
        if measure.measure == "programme_fees":
            return None if self.has_closed_fees else "no_closed_cohort"
        return self._not_added(measure)

    def _not_added(self, measure: Measure) -> str | None:
        added = self.added.get(measure.perspective, dict.fromkeys(_COUNTED, 0))
        if measure.measure == "modelled_gross":
            if added[f"modelled_{measure.maturity}"]:
                return None
        elif added["weighted"]:
            return None
        is_open = measure.maturity == "closed" and not added["closed"]
        return "no_closed_cohort" if is_open else "no_estimable_case"

    def _reason(self, measure: Measure) -> str:
        delivered = self.cases["delivered"] if self.cases else 0
        is_strange = measure.missing == "no_delivered_cases" and delivered
        return "not_published" if is_strange else measure.missing

    def _plain(
        self,
        measure: Measure,
        value: Decimal | None,
        numerator: Decimal | None = None,
        reason: str | None = None,
    ) -> Figure:
        return Figure(
            name=measure.name,
            label=measure.label,
            unit=measure.unit,
            value=value,
            numerator=numerator,
            denominator=None,
            lower=None,
            upper=None,
            grade=NO_COMPARATOR if measure.relation == "mart_cost_savings" else COUNTED,
            maturity=measure.maturity or "all",
            perspective=measure.perspective,
            currency="",
            minor_units=self.minor_units,
            reason=reason,
            payor=self.payor,
            release=self.release,
        )
