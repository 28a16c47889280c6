"""A rule as Python: a function that is true for the rows that break it. Used without a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import combinations

from ingestion.contract import Feed
from ingestion.rules.rule import (
    RECEIVED,
    Agree,
    Ascending,
    Differ,
    Listed,
    Operand,
    Rule,
    Shape,
    Window,
)
from ingestion.tally import rounded

# A row: its filled columns as text in the canonical forms.
Row = Mapping[str, str]
Broken = Callable[[Row], bool]


def broken(rule: Rule, received: date) -> Broken:
    """Whether a row breaks the rule. Only for rules that look at one row."""
    found = _test(rule, received)
    if not rule.unless:
        return found
    return lambda row: not _excepted(rule, row) and found(row)


def _excepted(rule: Rule, row: Row) -> bool:
    return any(row.get(column) in values for column, values in rule.unless)


def _test(rule: Rule, received: date) -> Broken:
    test = rule.test
    match test:
        case Ascending():
            return _ascending(test, received)
        case Differ():
            first, second = test.columns
            return lambda row: bool(row.get(first)) and row.get(first) == row.get(second)
        case Shape():
            return _shape(test)
        case Window():
            return _window(test)
        case Listed():
            return _listed(test)
        case Agree():
            raise TypeError("this rule looks at many rows")


def key(rule: Rule, feed: Feed, row: Row) -> str:
    """What the rows that a broken rule takes along have in common, '' if nothing."""
    names = feed.member_columns if rule.reach == "member" else (feed.claim_column or "",)
    return _first(row, names)


def _first(row: Row, operand: Operand) -> str:
    return next((value for name in operand if (value := row.get(name))), "")


def _ascending(test: Ascending, received: date) -> Broken:
    if not test.numeric:
        fixed = {RECEIVED: received.isoformat()}

        def backwards(row: Row) -> bool:
            # ISO dates of four-digit years order as text
            days = [_first(fixed if one == (RECEIVED,) else row, one) for one in test.operands]
            return any(a > b for a, b in combinations(filter(None, days), 2))

        return backwards

    def descending(row: Row) -> bool:
        texts = [_first(row, one) for one in test.operands]
        numbers = [rounded(text) for text in texts if text]
        values = map(abs, numbers) if test.magnitudes else numbers
        return any(a > b for a, b in combinations(values, 2))

    return descending


def _shape(test: Shape) -> Broken:
    shapes = {system: re.compile(shape, re.ASCII) for system, shape in test.shapes.items()}

    def misshapen(row: Row) -> bool:
        system = row.get(test.by, "")
        last = test.last_day.get(system)
        if last and _first(row, test.day) > last:
            return True
        shape = shapes.get(system)
        return shape is not None and any(
            not shape.fullmatch(code) for name in test.columns if (code := row.get(name))
        )

    return misshapen


def _window(test: Window) -> Broken:
    def outside(row: Row) -> bool:
        days = test.days.get(row.get(test.by, ""))
        day, since = row.get(test.date), row.get(test.since)
        if not days or not day or not since:
            return False
        gap = (date.fromisoformat(day) - date.fromisoformat(since)).days
        return not days[0] <= gap <= days[1]

    return outside


def _listed(test: Listed) -> Broken:
    def form(cells: list[str]) -> tuple[str | Decimal, ...]:
        pairs = zip(cells, test.numeric, strict=True)
        return tuple(Decimal(c) if number and c else c.lower() for c, number in pairs)

    known, rows = set(test.known), {form(list(row)) for row in test.rows}
    first = test.columns[0]

    def unlisted(row: Row) -> bool:
        if row.get(first, "").lower() not in known:
            return False
        return form([row.get(name, "") for name in test.columns]) not in rows

    return unlisted
