"""The header line of a file, bound to the columns of its feed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from ingestion.contract import Column, Feed, Layout
from ingestion.dialect import split
from ingestion.errors import Refused

# A column name with these is a formula, a statement or a template, not a name.
NOT_A_NAME = re.compile(r"""['"(){}\[\]$=<>*/\\`@!%&+]|--""")


@dataclass(frozen=True)
class Header:
    """Columns in file order; None = a column that is known and not used."""

    columns: tuple[Column | None, ...]

    @property
    def uses_all(self) -> bool:
        return None not in self.columns

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the used columns in file order."""
        return tuple(column.name for column in self.columns if column)

    @cached_property
    def positions(self) -> dict[str, int]:
        return {column.name: at for at, column in enumerate(self.columns) if column}

    @cached_property
    def runs(self) -> list[tuple[bool, int, int]]:
        """(used, first, past the last) of each run of columns that are all used or all unused."""
        runs, start = [], 0
        for used, group in groupby(self.columns, key=lambda column: column is not None):
            end = start + len(list(group))
            runs.append((used, start, end))
            start = end
        return runs

    def value(self, fields: list[str], name: str) -> str:
        """The field of that column, '' when the file has no such column."""
        at = self.positions.get(name)
        return "" if at is None else fields[at]

    def used(self, fields: list[str]) -> list[str]:
        return [text for column, text in zip(self.columns, fields, strict=True) if column]


def header_names(line: str, delimiter: str) -> list[str]:
    """Names of a header line, trimmed and in lower case. Raises Refused E-QUOTE."""
    return [name.strip().lower() for name in split(line, delimiter, 1)]


def bind(line: str, feed: Feed, layout: Layout) -> Header:
    """The header of a file. Raises Refused E-NAME or E-SCHEMA, naming only contract columns."""
    names = header_names(line, layout.delimiter)
    known: dict[str, Column | None] = {column.name: column for column in feed.columns}
    aliases = layout.aliases.get(feed.name, {})
    names = [aliases.get(name, name) for name in names]
    unused = dict.fromkeys(layout.unused_columns.get(feed.name, ()))
    for ordinal, name in enumerate(names, 1):
        if name not in known and name not in unused:
            if NOT_A_NAME.search(name):
                raise Refused("E-NAME", 1, found=f"unknown-column({ordinal})")
            if not layout.ignores_unknown:
                raise Refused("E-SCHEMA", 1, found=f"unknown-column({ordinal})")
        if names.count(name) > 1:
            raise Refused("E-SCHEMA", 1, name, found="duplicate")
    for required in feed.required:
        if required not in names:
            raise Refused("E-SCHEMA", 1, required, found="missing")
    return Header(tuple(known.get(name) for name in names))
