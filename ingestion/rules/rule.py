"""One rule of a feed contract, parsed strictly into frozen values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ingestion.strict import Node

# What becomes of the rows that break a rule.
ACTIONS = ("quarantine", "warn", "off")
# Which rows a broken rule takes along: all of the same claim, or of the same member, in the file.
REACHES = ("row", "claim", "member")
# Stands for the day the file was received, where a rule names a column.
RECEIVED = "received"
NUMBERS = ("integer", "money", "quantity")
KINDS = ("ascending", "differ", "agree", "shape", "window", "listed")

# The first filled column of these counts.
Operand = tuple[str, ...]


@dataclass(frozen=True)
class Ascending:
    """Every filled operand is at most every later filled one. magnitudes: signs are dropped."""

    operands: tuple[Operand, ...]
    numeric: bool
    magnitudes: bool


@dataclass(frozen=True)
class Differ:
    """Two filled columns do not hold the same text."""

    columns: tuple[str, str]


@dataclass(frozen=True)
class Agree:
    """All rows of the rule's reach with the same version hold one value in each of the columns."""

    columns: tuple[str, ...]
    version: Operand


@dataclass(frozen=True)
class Shape:
    """Filled columns look like codes of the system that another column names.

    shapes: code system -> expression, valid in Python and in PostgreSQL, for the whole value.
    last_day: code system -> last day of care it may be used for; day: the day of care.
    """

    columns: tuple[str, ...]
    by: str
    shapes: Mapping[str, str]
    last_day: Mapping[str, str]
    day: Operand


@dataclass(frozen=True)
class Window:
    """A date lies between so many days after another; how many is said by a third column."""

    date: str
    since: str
    by: str
    days: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Listed:
    """Rows whose first column is known hold one of the listed combinations, as numbers or text."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row[0] for row in self.rows))


Test = Ascending | Differ | Agree | Shape | Window | Listed


@dataclass(frozen=True)
class Rule:
    """name: unique in its feed; code: of messages.RULES; field: the column that messages name."""

    name: str
    code: str
    field: str
    test: Test
    action: str = "quarantine"
    reach: str = "row"
    unless: tuple[tuple[str, tuple[str, ...]], ...] = ()


def parse_rules(nodes: list[Any], contract: str, types: Mapping[str, str]) -> tuple[Rule, ...]:
    """Rules of a feed. types: column -> its type. Raises ContractError."""
    found = tuple(
        _rule(Node(contract, f"rules[{at}]", entry), types) for at, entry in enumerate(nodes, 1)
    )
    if len({rule.name for rule in found}) != len(found):
        raise Node(contract, "", {}).fail("rules", "a name appears twice")
    return found


def _rule(node: Node, types: Mapping[str, str]) -> Rule:
    node.only("name", "code", "field", "action", "reach", "unless", *KINDS)
    kinds = [kind for kind in KINDS if kind in node.value]
    if len(kinds) != 1:
        raise node.fail("name", f"needs one of {', '.join(KINDS)}")
    return Rule(
        name=node.get("name", str),
        code=node.get("code", str),
        field=node.choice("field", types),
        test=PARSERS[kinds[0]](node, types),
        action=node.choice("action", ACTIONS) if "action" in node.value else "quarantine",
        reach=node.choice("reach", REACHES) if "reach" in node.value else "row",
        unless=_conditions(node, types),
    )


def _conditions(node: Node, types: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if "unless" not in node.value:
        return ()
    entry = node.node("unless")
    entry.only(*types)
    return tuple((str(column), entry.names(column)) for column in entry.value)


def _operand(node: Node, value: Any, types: Mapping[str, str]) -> Operand:
    names = tuple(value) if isinstance(value, list) else (value,)
    for name in names:
        if name not in types and names != (RECEIVED,):
            raise node.fail("name", "names an unknown column")
    return names


def _ascending(node: Node, types: Mapping[str, str]) -> Ascending:
    entry = node.node("ascending")
    entry.only("columns", "magnitudes")
    operands = tuple(_operand(node, value, types) for value in entry.get("columns", list))
    kinds = {types[name] in NUMBERS for one in operands for name in one if name != RECEIVED}
    if len(operands) < 2 or len(kinds) != 1:
        raise node.fail("ascending", "needs two or more columns, all dates or all numbers")
    return Ascending(operands, kinds.pop(), entry.optional("magnitudes", bool, False))


def _differ(node: Node, types: Mapping[str, str]) -> Differ:
    first, second = node.names("differ", types)
    return Differ((first, second))


def _agree(node: Node, types: Mapping[str, str]) -> Agree:
    entry = node.node("agree")
    entry.only("columns", "version")
    return Agree(entry.names("columns", types), entry.names("version", types))


def _shape(node: Node, types: Mapping[str, str]) -> Shape:
    entry = node.node("shape")
    entry.only("columns", "by", "shapes", "last_day", "day")
    shapes = entry.node("shapes")
    days = entry.node("last_day")
    for system in days.value:
        if not isinstance(days.value[system], date):
            raise days.fail(str(system), "is not a date")
    for system in shapes.value:
        re.compile(shapes.get(system, str))
    return Shape(
        columns=entry.names("columns", types),
        by=entry.choice("by", types),
        shapes=dict(shapes.value),
        last_day={system: day.isoformat() for system, day in days.value.items()},
        day=entry.names("day", types),
    )


def _window(node: Node, types: Mapping[str, str]) -> Window:
    entry = node.node("window")
    entry.only("date", "since", "by", "days")
    days = entry.node("days")
    return Window(
        date=entry.choice("date", types),
        since=entry.choice("since", types),
        by=entry.choice("by", types),
        days={str(key): _pair(days, key) for key in days.value},
    )


def _pair(node: Node, key: str) -> tuple[int, int]:
    first, last = node.get(key, list)
    return int(first), int(last)


def _listed(node: Node, types: Mapping[str, str]) -> Listed:
    entry = node.node("listed")
    entry.only("columns", "rows")
    columns = entry.names("columns", types)
    rows = tuple(tuple(str(cell) for cell in row) for row in entry.get("rows", list))
    if any(len(row) != len(columns) for row in rows):
        raise entry.fail("rows", "has a row of another length than columns")
    return Listed(columns, tuple(types[name] in NUMBERS for name in columns), rows)


PARSERS: dict[str, Callable[[Node, Mapping[str, str]], Test]] = {
    "ascending": _ascending,
    "differ": _differ,
    "agree": _agree,
    "shape": _shape,
    "window": _window,
    "listed": _listed,
}
