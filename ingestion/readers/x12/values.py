"""Values of X12 elements as canonical text: days, amounts, and what is wrong with them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

AMOUNT = re.compile(r"(-?)([0-9]{0,14})(?:\.([0-9]{0,4}))?")
FIRST_YEAR, LAST_YEAR = 1800, 2099
EPOCH = datetime(2000, 1, 1)
ZERO = Decimal(0)


class Bad(Exception):
    """A value breaks a rule: the record it belongs to is quarantined.

    code: key of `messages.RULES`; field: the canonical column it was meant for.
    """

    def __init__(self, code: str, field: str | None = None) -> None:
        self.code, self.field = code, field
        super().__init__(f"{code} field {field or '-'}")


def at(elements: list[str], index: int) -> str:
    """The element at that position, '' where the segment ends before it."""
    return elements[index] if index < len(elements) else ""


def required(text: str, field: str) -> str:
    if not text:
        raise Bad("Q-REQ", field)
    return text


@lru_cache(maxsize=1 << 16)
def _amount(text: str) -> str | None:
    """Plain decimal of an X12 number ('.5', '34.' and '007' too), None if it is none."""
    found = AMOUNT.fullmatch(text)
    if not found or not (found[2] or found[3]):
        return None
    whole, fraction = found[2].lstrip("0") or "0", found[3] or ""
    return f"{found[1]}{whole}.{fraction}" if fraction else f"{found[1]}{whole}"


def amount(text: str, field: str) -> str:
    """Canonical number, '' for ''. Raises Bad Q-NUM."""
    if not text:
        return ""
    value = _amount(text)
    if value is None:
        raise Bad("Q-NUM", field)
    return value


def decimal(text: str, field: str) -> Decimal:
    """The number of an element, 0 for ''. Raises Bad Q-NUM."""
    return Decimal(amount(text, field)) if text else ZERO


@lru_cache(maxsize=1 << 14)
def _day(text: str) -> str | None:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else None


def day(text: str, field: str) -> str:
    """YYYY-MM-DD of CCYYMMDD, '' for ''. Raises Bad Q-DATE."""
    if not text:
        return ""
    value = _day(text)
    if value is None:
        raise Bad("Q-DATE", field)
    return value


def days(qualifier: str, text: str, field: str) -> tuple[str, str]:
    """First and last day of a DTP-style date: D8, RD8, DT or RDT. A time (TM) has none.

    Raises Bad Q-DATE, also for a qualifier that says nothing we know.
    """
    if qualifier == "D8":
        value = day(text, field)
        return value, value
    if qualifier in ("RD8", "RDT"):
        first, _, last = text.partition("-")
        return day(first[:8], field), day(last[:8], field)
    if qualifier in ("DT", "DTS"):
        value = day(text[:8], field)
        return value, value
    if qualifier in ("TM", "TS"):
        return "", ""
    raise Bad("Q-DATE", field)


def sequence(day_text: str, time_text: str) -> str:
    """Order of versions: minutes between the year 2000 and the sender's date and time.

    '' when the date is not one; a time that is none counts as midnight.
    """
    if _day(day_text) is None:
        return ""
    moment = datetime.strptime(day_text, "%Y%m%d")
    digits = time_text[:4]
    clock = int(digits) if len(digits) == 4 and digits.isascii() and digits.isdigit() else 0
    minutes = (moment - EPOCH).days * 1440 + min(clock // 100, 23) * 60 + min(clock % 100, 59)
    return str(minutes)
