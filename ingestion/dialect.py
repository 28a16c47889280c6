"""Fields of one line: splitting what a sender quoted, writing what COPY reads."""

from __future__ import annotations

import re
from functools import cache

from ingestion.errors import Refused


@cache
def _quoted_line(delimiter: str) -> re.Pattern[str]:
    field = _field(delimiter)
    return re.compile(f"{field}(?:{re.escape(delimiter)}{field})*")


@cache
def _fields(delimiter: str) -> re.Pattern[str]:
    return re.compile(f"(?:^|{re.escape(delimiter)})({_field(delimiter)})")


def _field(delimiter: str) -> str:
    return f'(?:"[^"]*+(?:""[^"]*+)*"|[^{re.escape(delimiter)}"]*+)'


def split(line: str, delimiter: str, number: int) -> list[str]:
    """Fields of a line. A quote may only enclose a whole field, else Refused E-QUOTE.

    number: 1-based line for the complaint. A line end inside quotes shows as an unbalanced quote.
    """
    if '"' not in line:
        return line.split(delimiter)
    if not _quoted_line(delimiter).fullmatch(line):
        raise Refused("E-QUOTE", number, found="unbalanced")
    return [_unquote(found) for found in _fields(delimiter).findall(line)]


def _unquote(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def join(fields: list[str], delimiter: str) -> str:
    """One COPY csv line. Empty fields stay unquoted: they are null."""
    return delimiter.join(_quote(text, delimiter) for text in fields)


def _quote(text: str, delimiter: str) -> str:
    if '"' in text or delimiter in text:
        return '"' + text.replace('"', '""') + '"'
    return text
