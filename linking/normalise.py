"""Identifiers in the one form in which they are compared; placeholders become missing.

A value that says nothing about the person (`BABY BOY`, 1900-01-01, 999-99-9999) would make
strangers agree, so it is treated as not sent. Sources: reliability case 67; the list of values is
`warehouse/reference/placeholder.csv` (kind, value).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

PLACEHOLDERS = Path(__file__).parents[1] / "warehouse" / "reference" / "placeholder.csv"
# Letters that no decomposition turns into the letters they are typed as.
LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l",
                         "þ": "th", "ı": "i"})  # fmt: skip
PHONE_DIGITS = 9
POSTAL_LENGTH = {"US": 5}
# What descriptions are compared by; all are text, missing is None.
FIELDS = (
    "given", "family", "birth_date", "sex", "address", "postal", "phone", "email", "national_id",
    "card",
)  # fmt: skip
# The columns of `vault.identity` they come from: the first that is filled.
SOURCES: dict[str, tuple[str, ...]] = {
    "given": ("first_name",),
    "family": ("last_name",),
    "birth_date": ("birth_date",),
    "sex": ("gender",),
    "address": ("address",),
    "postal": ("zip_code",),
    "phone": ("phone",),
    "email": ("email",),
    "national_id": ("social_security_number",),
    "card": ("card_number", "medicare_number"),
}


def normalise(rows: Sequence[Mapping[str, Any]], country: str = "") -> dict[str, list[str | None]]:
    """FIELDS as columns, one entry per stored description. country: ISO 3166-1 of the payor."""
    found: dict[str, list[str | None]] = {}
    for field, rule in _rules(country).items():
        columns = SOURCES[field]
        values = [next((row[c] for c in columns if row.get(c)), None) for row in rows]
        # most values come again, and no value outlives this call
        forms = {value: rule(value) for value in set(values)}
        found[field] = [forms[value] for value in values]
    return found


def _rules(country: str) -> dict[str, Callable[[Any], str | None]]:
    return {
        "given": name,
        "family": name,
        "birth_date": birth_date,
        "sex": sex,
        "address": address,
        "postal": partial(postal, country=country),
        "phone": phone,
        "email": email,
        "national_id": national_id,
        "card": identifier,
    }


def folded(text: str) -> str:
    """Case, width and accents evened; letters, digits and single spaces remain."""
    wide = unicodedata.normalize("NFKC", text).casefold().translate(LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFD", wide) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def name(value: str | None) -> str | None:
    """A given or family name without the spaces in it; None for a placeholder."""
    text = folded(value or "")
    if not text or text in placeholders("name") or text.isdigit():
        return None
    return text.replace(" ", "")


def birth_date(value: date | str | None) -> str | None:
    """YYYY-MM-DD; None for a placeholder."""
    text = str(value or "")
    return None if not text or text in placeholders("birth_date") else text


def sex(value: str | None) -> str | None:
    """'f' or 'm'; every other value is missing, since senders differ in what they mean by it."""
    first = folded(value or "")[:1]
    return first if first in ("f", "m") else None


def address(value: str | None) -> str | None:
    text = folded(value or "")
    return None if not text or text in placeholders("name") else text


def postal(value: str | None, country: str = "") -> str | None:
    """Letters and digits only; a country's extension (ZIP+4) is cut off."""
    text = folded(value or "").replace(" ", "")
    text = text[: POSTAL_LENGTH.get(country, len(text))]
    return None if _says_nothing(text) else text


def phone(value: str | None) -> str | None:
    """The last nine digits: with or without country code or trunk zero."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", value or ""))[-PHONE_DIGITS:]
    return None if len(digits) < 6 or _says_nothing(digits) else digits


def email(value: str | None) -> str | None:
    text = unicodedata.normalize("NFKC", value or "").strip().casefold()
    return text if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else None


def national_id(value: str | None) -> str | None:
    text = identifier(value)
    if text is None or text in placeholders("national_id"):
        return None
    # 000, 666 and 9xx are never issued in the United States; a tail of zeros never anywhere
    return None if text.isdigit() and len(text) == 9 and text.startswith(("000", "999")) else text


def identifier(value: str | None) -> str | None:
    """Letters and digits of an id; None when one sign is all there is to it."""
    text = folded(value or "").replace(" ", "")
    return None if _says_nothing(text) else text


def _says_nothing(text: str) -> bool:
    return len(set(text)) < 2


@cache
def placeholders(kind: str) -> frozenset[str]:
    """Values of a kind (name, birth_date, national_id) as they look when folded."""
    with PLACEHOLDERS.open(encoding="utf-8", newline="") as file:
        values = [row["value"] for row in csv.DictReader(file) if row["kind"] == kind]
    if kind == "birth_date":
        return frozenset(values)
    return frozenset(folded(value).replace(" ", "" if kind == "national_id" else " ")
                     for value in values)  # fmt: skip
