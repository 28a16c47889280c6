"""Numbers and dates as readers see them. Money and rates are rounded here and nowhere else."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from reports.measures import COUNT, MONEY, PER_MEMBER_MONTH, PER_THOUSAND, SHARE

if TYPE_CHECKING:
    from reports.figures import Figure

UNKNOWN = "not known"
REASONS = {
    "no_release": "nothing is published yet",
    "no_delivered_cases": "no second opinion has been delivered",
    "no_proposed_procedures": "no procedure was proposed",
    "no_closed_cohort": "not estimable yet: no cohort is closed",
    "no_estimable_case": "not estimable yet: no closed case can be priced and followed",
    "no_eligibility_feed": "no eligibility feed is delivered",
    "not_published": "not published in this release",
    "no_consultation_feed": "no consultation feed is delivered",
}
NARROW = " "


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up, to `places` decimals; never minus zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + Decimal(0)


def number(value: Decimal | int | None, places: int = 0) -> str:
    """Digits grouped by commas; a true minus sign; unknown in words."""
    if value is None:
        return UNKNOWN
    text = f"{rounded(Decimal(value), places):,f}"
    return text.replace("-", "−")


def share(value: Decimal | None, places: int = 1) -> str:
    """A rate as percent."""
    return UNKNOWN if value is None else f"{number(value * 100, places)}{NARROW}%"


def money(value: Decimal | None, currency: str, places: int = 0) -> str:
    """An amount with its currency code in front."""
    return UNKNOWN if value is None else f"{currency}{NARROW}{number(value, places)}".strip()


def day(value: date | None) -> str:
    """ISO date."""
    return UNKNOWN if value is None else value.isoformat()


def reason(code: str | None) -> str:
    """Why a figure is not given."""
    return REASONS.get(code or "", "not estimable yet")


def as_unit(value: Decimal | None, unit: str, currency: str, money_places: int = 0) -> str:
    """A value in its unit."""
    if unit == SHARE:
        return share(value)
    if unit == MONEY:
        return money(value, currency, money_places)
    if unit == PER_MEMBER_MONTH:
        return money(value, currency, 4)
    places = {COUNT: 0, PER_THOUSAND: 1}.get(unit, 2)
    return number(value, places)


def amount(figure: Figure, is_exact: bool = False) -> str:
    """A figure's value, or why there is none. is_exact: money to the currency's minor unit."""
    if figure.value is None:
        return reason(figure.reason)
    places = figure.minor_units if is_exact else 0
    return as_unit(figure.value, figure.unit, figure.currency, places)


def interval(figure: Figure) -> str:
    """The 95 % interval of a figure, empty without one."""
    if figure.lower is None or figure.upper is None:
        return ""
    low = as_unit(figure.lower, figure.unit, "")
    return f"{low} to {as_unit(figure.upper, figure.unit, '')}"
