"""One form for what is one value; what says nothing is missing."""

from __future__ import annotations

from datetime import date

import pytest

from linking import normalise as forms


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Zoë", "ZOE\u0308"),
        ("Straße", "STRASSE"),
        ("O'Brien-Ng", " o brien ng "),
        ("Ｌｕｃｉａ", "Lucía"),
        ("Łukasz Ørsted", "lukasz orsted"),
    ],
)
def test_names_are_compared_as_they_are_spoken(left: str, right: str) -> None:
    assert forms.name(left) == forms.name(right) != None  # noqa: E711


@pytest.mark.parametrize("value", ["BABY BOY", "Newborn", "unknown", " ", "-", "12", None])
def test_a_placeholder_is_no_name(value: str | None) -> None:
    assert forms.name(value) is None


def test_placeholder_dates_and_ids_say_nothing() -> None:
    assert forms.birth_date(date(1900, 1, 1)) is None
    assert forms.birth_date(date(1950, 2, 1)) == "1950-02-01"
    for value in ("000-00-0000", "999999999", "999-12-3456", "7777777", "123-45-6789", ""):
        assert forms.national_id(value) is None, value
    assert forms.national_id("123-45-0789") == "123450789"


def test_numbers_without_their_decoration() -> None:
    assert forms.phone("+1 (312) 555-0100") == forms.phone("312.555.0100")
    assert forms.phone("000 000 0000") is None
    assert forms.phone("12") is None
    assert forms.postal("60601-1234", "US") == forms.postal("60601", "US") == "60601"
    assert forms.postal("SW1A 1AA", "GB") == forms.postal("sw1a1aa", "GB") == "sw1a1aa"
    assert forms.postal("00000", "US") is None
    assert forms.email(" Ada@Mail.Example ") == "ada@mail.example"
    assert forms.email("none") is None


def test_all_fields_of_a_description_come_out() -> None:
    row = {"first_name": "Ada", "gender": "F", "medicare_number": "1EG4-TE5", "birth_date": None}
    found = forms.normalise([row, {}])
    assert tuple(found) == forms.FIELDS == tuple(forms.SOURCES)
    filled = {name: values[0] for name, values in found.items() if values[0]}
    assert filled == {"given": "ada", "sex": "f", "card": "1eg4te5"}
    assert all(values[1] is None for values in found.values())
