"""The header line of a file, bound to the columns of its feed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from ingestion.contract import Column, Feed, Layout
from ingestion.dialect import split
from ingestion.errors import Held, Refused

# A column name with these is a formula, a statement or a template, not a name.
NOT_A_NAME = re.compile(r"""['"(){}\[\]$=<>*/\\`@!%&+]|--""")


@dataclass(frozen=True)
class Header:
    """Columns in file order; None = a column that is read past."""

    columns: tuple[Column | None, ...]

    @property
    def uses_all(self) -> bool:
        return all(map(_is_stored, self.columns))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the used columns in file order."""
        return tuple(column.name for column in self.columns if column and column.stored)

    @cached_property
    def positions(self) -> dict[str, int]:
        return {column.name: at for at, column in enumerate(self.columns) if column}

    @cached_property
    def runs(self) -> list[tuple[bool, int, int]]:
        """(used, first, past the last) of each run of columns that are all used or all unused."""
        runs, start = [], 0
        for used, group in groupby(self.columns, key=_is_stored):
            end = start + len(list(group))
            runs.append((used, start, end))
            start = end
        return runs

    def value(self, fields: list[str], name: str) -> str:
        """The field of that column, '' when the file has no such column."""
        at = self.positions.get(name)
        return "" if at is None else fields[at]

    def used(self, fields: list[str]) -> list[str]:
        return [
            text for column, text in zip(self.columns, fields, strict=True) if _is_stored(column)
        ]


def _is_stored(column: Column | None) -> bool:
    return column is not None and column.stored


def header_names(line: str, delimiter: str) -> list[str]:
    """Names of a header line, trimmed and in lower case. Raises Refused E-QUOTE."""
    return [name.strip().lower() for name in split(line, delimiter, 1)]


def bind(line: str, feed: Feed, layout: Layout) -> Header:
    """The header of a file.

    Raises Refused E-NAME or E-SCHEMA, naming only contract columns; Held H-SCHEMA when all that
    is wrong is a column too many.
    """
    names = header_names(line, layout.delimiter)
    known: dict[str, Column | None] = {one.name: one for one in layout.columns(feed)}
    aliases = layout.aliases.get(feed.name, {})
    names = [aliases.get(name, name) for name in names]
    if layout.trailer:
        known[feed.payor_column.name] = feed.payor_column
    unused = dict.fromkeys(layout.unused_columns.get(feed.name, ()))
    strange = [at for at, name in enumerate(names) if name not in known and name not in unused]
    for at in strange:
        if NOT_A_NAME.search(names[at]):
            raise Refused("E-NAME", 1, found=f"unknown-column({at + 1})")
    for at, name in enumerate(names):
        if names.count(name) > 1:
            known_name = name if at not in strange else None
            raise Refused("E-SCHEMA", 1, known_name, found="duplicate")
    _require(names, feed, bool(strange) and not layout.ignores_unknown)
    header = Header(tuple(known.get(name) for name in names))
    if strange and not layout.ignores_unknown and "H-SCHEMA" not in layout.admitted:
        found = f"unknown-column({strange[0] + 1})"
        raise Held("H-SCHEMA", 1, found=found, columns=header.names)
    return header


def _require(names: list[str], feed: Feed, is_strange: bool) -> None:
    """Raises Refused for a missing column. is_strange: other names are there that nobody knows."""
    needed = feed.required
    if is_strange and feed.control_column:
        # the amounts are gone and something unknown is there: that is a renamed column
        needed = (*needed, feed.control_column)
    for column in needed:
        if column not in names:
            raise Refused("E-SCHEMA", 1, column, found="missing")
