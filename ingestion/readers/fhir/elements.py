"""Elements of a resource, read strictly: an element of another form than R4's is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from ingestion.readers.fhir.problems import Unfit

Element = dict[str, Any]

CENT_PARTS = Decimal("0.0001")
WHOLE_DIGITS = 14
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9:.]{5,18}(?:Z|[+-][0-9]{2}:[0-9]{2})?)?")
PARTIAL = re.compile(r"[0-9]{4}(?:-[0-9]{2})?")


def element(parent: Element, name: str) -> Element:
    """A child object, empty if absent. Raises Unfit F-SHAPE."""
    value = parent.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise Unfit("F-SHAPE")
    return value


def elements(parent: Element, name: str) -> list[Element]:
    """A repeating child, empty if absent. Raises Unfit F-SHAPE."""
    value = parent.get(name)
    if value is None:
        return []
    if type(value) is not list:
        raise Unfit("F-SHAPE")
    for child in value:
        if type(child) is not dict:
            raise Unfit("F-SHAPE")
    return value


def text(parent: Element, name: str) -> str:
    """A string, trimmed, '' if absent; a whole number counts as its digits. Raises Unfit."""
    value = parent.get(name)
    if type(value) is str:
        return value.strip()
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    raise Unfit("F-SHAPE")


def texts(parent: Element, name: str) -> list[str]:
    value = parent.get(name)
    if value is None:
        return []
    if type(value) is not list or not all(type(child) is str for child in value):
        raise Unfit("F-SHAPE")
    return value


def day(parent: Element, name: str, field: str) -> str:
    """The calendar day of a date or instant as it was written: no shift to another time zone.

    field: the column it goes to. Raises Unfit Q-DATE, also for a year or month alone.
    """
    value = text(parent, name)
    if not value:
        return ""
    found = DAY.fullmatch(value)
    if not found:
        raise Unfit("Q-DATE", field)
    return found[1]


def whole_day(parent: Element, name: str, field: str) -> str:
    """As `day`, but '' for a year or month alone, which R4 allows where little is known."""
    return "" if PARTIAL.fullmatch(text(parent, name)) else day(parent, name, field)


def instant_order(parent: Element, name: str) -> int:
    """Tens of seconds since 1970 of an instant, 0 if absent or without a time of day."""
    try:
        at = datetime.fromisoformat(text(parent, name))
    except ValueError:
        return 0
    zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, int(zoned.timestamp()) // 10)


def number(parent: Element, name: str, field: str) -> Decimal | None:
    """A decimal rounded to four places, half away from zero, as the database would.

    Raises Unfit Q-NUM, also for a number written as text.
    """
    value = parent.get(name)
    if value is None:
        return None
    if type(value) not in (int, Decimal) or Decimal(value).adjusted() >= WHOLE_DIGITS:
        raise Unfit("Q-NUM", field)
    return Decimal(value).quantize(CENT_PARTS, ROUND_HALF_UP)


def plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def sequence(parent: Element, name: str = "sequence") -> int | None:
    """A position, None if absent. Raises Unfit F-SHAPE."""
    value = parent.get(name)
    if value is not None and type(value) is not int:
        raise Unfit("F-SHAPE")
    return value


def extension(parent: Element, ending: str) -> Element:
    """The extension whose address ends so (case and dashes do not count), empty if absent."""
    for child in elements(parent, "extension"):
        if short(text(child, "url")) == ending:
            return child
    return {}


@lru_cache(maxsize=4096)
def short(code: str) -> str:
    """The last part of a code or address, in lower case with underscores: CMS writes all forms."""
    return code.rsplit("/", 1)[-1].lower().replace("-", "_")
