"""The headline figures of one payor and release: exact, with interval, grade and maturity."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from reports.measures import COUNT, MONEY, STATUSES, Measure, headline
from reports.source import Row, Source, open_source

NO_COMPARATOR = "E"

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
            "grade": self.grade,
            "maturity": self.maturity,
            "perspective": self.perspective or None,
            "unit": self.unit,
            "currency": self.currency or None,
            "reason": self.reason,
        }


def figures(conn: psycopg.Connection[Any], payor: str, release: int | None = None) -> list[Figure]:
    """The headline figures of the current release, or of a given one.

    Every figure of the list is present in every answer; one that cannot be given has value None and
    a reason. Raises UnknownPayor, UnknownRelease.
    """
    return read_figures(open_source(conn, payor, release))


def read_figures(source: Source) -> list[Figure]:
    """As `figures`, from an open source."""
    shown = source.release if source.release is not None else current_release(source)
    if shown is None:
        return [_missing(source, None, measure, "no_release") for measure in headline()]
    found = _lookup(source)
    marts = [_figure(source, shown, measure, found) for measure in headline()]
    return [*_cases(source, shown), *marts]


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
        (figure.label, amount(figure), interval(figure), figure.grade, figure.maturity)
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


def _lookup(source: Source) -> dict[tuple[str, str, str, str], Row]:
    """(relation, measure, perspective, maturity) -> row; maturity '' finds the only cohort."""
    found = {}
    for relation in sorted({measure.relation for measure in headline()}):
        perspective = "perspective" if relation == "mart_cost_savings" else "''"
        sql = _LONG.replace("{perspective}", perspective)
        rows = source.rows(sql.replace("{relation}", "{" + relation + "}"))
        for row in sorted(rows, key=lambda row: row["maturity"] != "all"):
            found[(relation, row["measure"], row["perspective"], row["maturity"])] = row
            found.setdefault((relation, row["measure"], row["perspective"], ""), row)
    return found


def _figure(
    source: Source,
    release: int,
    measure: Measure,
    found: dict[tuple[str, str, str, str], Row],
) -> Figure:
    key = (measure.relation, measure.measure, measure.perspective, measure.maturity)
    row = found.get(key)
    if row is None:
        total = found.get((measure.relation, "procedures_proposed", "", ""))
        if total is not None and measure.measure.removeprefix("status_") in STATUSES:
            return _empty_status(source, release, measure, total)
        return _missing(source, release, measure, measure.missing)
    is_count = measure.unit in (COUNT, MONEY)
    value = row["value"] if row["value"] is not None or not is_count else row["numerator"]
    return Figure(
        name=measure.name,
        label=measure.label,
        unit=measure.unit,
        value=value,
        numerator=row["numerator"],
        denominator=row["denominator"],
        lower=row["lower"],
        upper=row["upper"],
        grade=row["evidence_grade"],
        maturity=row["maturity"],
        perspective=measure.perspective,
        currency=row["currency_code"] or "",
        reason=None if value is not None else measure.missing,
        payor=source.payor,
        release=release,
    )


def _empty_status(source: Source, release: int, measure: Measure, total: Row) -> Figure:
    """A status nobody has: counted as zero of the proposed, because the proposed were counted."""
    proposed = total["numerator"]
    share = Decimal(0) if proposed else None
    reason = None if proposed else "no_proposed_procedures"
    return _plain(source, release, measure, share, Decimal(0), proposed, total["maturity"], reason)


def _missing(source: Source, release: int | None, measure: Measure, reason: str) -> Figure:
    return _plain(source, release, measure, None, None, None, measure.maturity or "all", reason)


def _plain(
    source: Source,
    release: int | None,
    measure: Measure,
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    maturity: str,
    reason: str | None,
) -> Figure:
    return Figure(
        name=measure.name,
        label=measure.label,
        unit=measure.unit,
        value=value,
        numerator=numerator,
        denominator=denominator,
        lower=None,
        upper=None,
        grade=NO_COMPARATOR,
        maturity=maturity,
        perspective=measure.perspective,
        currency="",
        reason=reason,
        payor=source.payor,
        release=release,
    )


def _cases(source: Source, release: int) -> list[Figure]:
    """Counts of consultations by state; a count of none is a known zero."""
    counted = source.one(_CASES) or {}
    return [
        _plain(
            source,
            release,
            Measure("fct_second_opinion", f"cases_{state}", label, COUNT),
            Decimal(counted[state]),
            Decimal(counted[state]),
            None,
            "all",
            None,
        )
        for state, label in _CASE_LABELS.items()
    ]
