"""What a field may look like, once as one pattern per header and once column by column.

The pattern accepts a whole line or says nothing; `Judge.reason` says what is wrong. Both are built
from the same per-column expressions, so a line the pattern takes is a line the judge takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from ingestion.contract import Column, Feed, Layout
from ingestion.header import Header

# Real calendar days of 1800 to 2099: other centuries in claims are placeholders (9999-12-31).
# The alternatives stand in the order of how often they are needed: most days need only the first.
DATE = (
    "(?:20|19|18)[0-9][0-9]-"
    "(?:(?:0[13-9]|1[0-2])-(?:[0-2][1-9]|[123]0)"
    "|02-(?:[01][1-9]|10|2[0-8])"
    "|(?:0[13578]|1[02])-31)"
    "|(?:(?:1[89]|20)(?:0[48]|[2468][048]|[13579][26])|2000)-02-29"
)
INTEGER = "-?[0-9]{1,9}"
CODES = {"date": "Q-DATE", "integer": "Q-NUM", "money": "Q-NUM", "quantity": "Q-NUM"}
NUMERIC_DIGITS, NUMERIC_SCALE = 18, 4
# What a spreadsheet makes of a long identifier: 1.23E+11.
EXPONENT = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}")
# A code or a label of at most five words; sentences have more of them, and other signs.
LABEL = r"\w+(?:[ ./:&+-]{1,3}\w+){0,4}[+*!†]?"
LABEL_LIMIT = 64


def decimal_pattern(max_fraction: int) -> str:
    """Plain decimals that fit numeric(18,4).

    With more than four decimals the database rounds, which may carry: one digit is kept free.
    """
    whole = NUMERIC_DIGITS - NUMERIC_SCALE - (max_fraction > NUMERIC_SCALE)
    return f"-?[0-9]{{1,{whole}}}(?:\\.[0-9]{{1,{max_fraction}}})?"


def value_pattern(column: Column, layout: Layout) -> str:
    """Expression of a filled value of a column that is not free text."""
    if column.values:
        return "|".join(map(re.escape, column.values))
    kinds = {"date": DATE, "integer": INTEGER}
    return kinds.get(column.type) or decimal_pattern(layout.max_fraction)


def text_reason(column: Column, value: str) -> str | None:
    """Code for a filled value that the column's kind of text does not allow, None if it does."""
    if column.coded and (len(value) > LABEL_LIMIT or not re.fullmatch(LABEL, value.strip())):
        return "C-TEXT"
    if len(value) > column.max_length:
        return "Q-LEN"
    if column.is_id and EXPONENT.fullmatch(value):
        return "Q-IDFMT"
    if len(value) < column.width and value.isdigit():
        return "Q-IDFMT"
    return None


def field_pattern(column: Column, layout: Layout) -> str:
    """Expression of an unquoted field in a line, empty allowed unless the column is required.

    What it does not take is looked at by `text_reason`: an id with a plus sign, a short id where
    ids have a width, a label that fills its column.
    """
    optional = "" if column.required else "|"  # in claims, most optional fields are empty
    if column.type != "text" or column.values:
        return f"(?:{optional}{value_pattern(column, layout)})"
    delimiter = re.escape(layout.delimiter)
    if column.coded:
        limit = min(column.max_length, LABEL_LIMIT)
        return f"(?:{optional}(?![^\\n{delimiter}]{{{limit + 1}}}){LABEL})"
    signs = f'"\\n{delimiter}{"+" if column.is_id else ""}'
    wide = f"(?![0-9]{{1,{column.width - 1}}}(?:{delimiter}|\\n|$))" if column.width > 1 else ""
    if column.required:
        return f"{wide}[^{signs}\\s][^{signs}]{{0,{column.max_length - 1}}}+"
    return f"{wide}[^{signs}]{{0,{column.max_length}}}+"


def line_pattern(header: Header, layout: Layout) -> re.Pattern[str]:
    """One expression for a whole line; group 1, 2, … are the runs of columns that are used."""
    delimiter = re.escape(layout.delimiter)
    unused = f'[^"\\n{delimiter}]*+'
    fields = [field_pattern(c, layout) if c else unused for c in header.columns]
    trailer = f"(?!{re.escape(layout.trailer)})" if layout.trailer else ""
    if header.uses_all:
        return re.compile(trailer + delimiter.join(fields))
    # a column that is not stored is held against its pattern and not captured
    runs = [f"({delimiter.join(fields[a:b])})" if used else delimiter.join(fields[a:b])
            for used, a, b in header.runs]  # fmt: skip
    return re.compile(trailer + delimiter.join(runs))


def block_pattern(header: Header, layout: Layout) -> re.Pattern[str]:
    """As many whole lines as are right, from a place in a block: one match for many lines."""
    # Not possessive: repeated possessive groups match wrongly in Python before 3.11.5.
    return re.compile(f"(?:{line_pattern(header, layout).pattern}\\n)*")


def unfit(column: Column, value: str) -> str:
    """Code for a filled value that is not of the column's type or closed list."""
    if column.coded and text_reason(column, value) == "C-TEXT":
        return "C-TEXT"
    return column.wrong or CODES.get(column.type, "Q-CODE")


@dataclass(frozen=True)
class Judge:
    """The slow, exact judgement of one line's fields under one header."""

    feed: Feed
    layout: Layout
    header: Header

    @cached_property
    def _values(self) -> list[tuple[int, Column, re.Pattern[str] | None]]:
        return [
            (at, column, None if self._is_free(column) else self._pattern(column))
            for at, column in enumerate(self.header.columns)
            if column
        ]

    @staticmethod
    def _is_free(column: Column) -> bool:
        return column.type == "text" and not column.values

    def _pattern(self, column: Column) -> re.Pattern[str]:
        return re.compile(value_pattern(column, self.layout))

    def reason(self, fields: list[str]) -> tuple[str, str | None] | None:
        """(code, column name) of the first thing wrong in file order; None = nothing."""
        if len(fields) != len(self.header.columns):
            return "Q-COLS", None
        for at, column, pattern in self._values:
            code = self._value_code(column, pattern, fields[at])
            if code:
                return code, column.name
        return self._conditions(fields)

    @staticmethod
    def _value_code(column: Column, pattern: re.Pattern[str] | None, value: str) -> str | None:
        if not value or (column.required and not value.strip()):
            return "Q-REQ" if column.required else None
        if pattern is None:
            return text_reason(column, value)
        return None if pattern.fullmatch(value) else unfit(column, value)

    def _conditions(self, fields: list[str]) -> tuple[str, str] | None:
        """Columns that are required only when another column has a certain value."""
        for column in self.feed.columns:
            if not column.required_when:
                continue
            other, value = column.required_when
            if self.header.value(fields, other) == value and not self.header.value(
                fields, column.name
            ):
                return "Q-REQ", column.name
        return None
