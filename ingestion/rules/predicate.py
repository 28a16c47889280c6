"""A rule as SQL: a condition that is true for the rows that break it, never null."""

from __future__ import annotations

from datetime import date
from itertools import combinations

from psycopg2 import sql

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

# A key without a value of its own never makes rows belong together.
EMPTY = sql.SQL("nullif({}, '')")
# chr(31) stands between values that are matched together: no stored text holds it.
BETWEEN = "\x1f"


def broken(rule: Rule, received: date) -> sql.Composable:
    """Condition for one row. Only for rules that look at one row. received: the file's day."""
    match rule.test:
        case Ascending():
            found = _ascending(rule.test, received)
        case Differ():
            found = sql.SQL("{} = {}").format(*(_text(name) for name in rule.test.columns))
        case Shape():
            found = _shape(rule.test)
        case Window():
            found = _window(rule.test)
        case Listed():
            found = _listed(rule.test)
        case Agree():
            raise TypeError("this rule looks at many rows")
    exceptions = [
        sql.SQL("coalesce({} not in {}, true)").format(sql.Identifier(column), _texts(values))
        for column, values in rule.unless
    ]
    parts = [sql.SQL("coalesce({}, false)").format(found), *exceptions]
    return sql.SQL("({})").format(sql.SQL(" and ").join(parts))


def key(rule: Rule, feed: Feed) -> sql.Composable:
    """What the rows that a broken rule takes along have in common."""
    return _first(feed.member_columns if rule.reach == "member" else (feed.claim_column or "",))


def disagreeing(rule: Rule, feed: Feed, table: sql.Composable) -> sql.Composable:
    """Query of the keys whose rows do not agree. It takes the receipt as its only value."""
    assert isinstance(rule.test, Agree)
    many = [
        sql.SQL("min({0}) <> max({0})").format(_plain(name, feed)) for name in rule.test.columns
    ]
    version = [sql.Identifier(name) for name in rule.test.version]
    return sql.SQL(
        "select {key} from {table} where receipt_id = %s and {key} is not null "
        "group by {groups} having {many}"
    ).format(
        key=key(rule, feed),
        table=table,
        groups=sql.SQL(", ").join([key(rule, feed), *version]),
        many=sql.SQL(" or ").join(many),
    )


def _plain(name: str, feed: Feed) -> sql.Composable:
    is_text = feed.column(name).type == "text"
    return sql.SQL("lower(nullif({}, ''))" if is_text else "{}").format(sql.Identifier(name))


def _text(name: str) -> sql.Composable:
    return EMPTY.format(sql.Identifier(name))


def _texts(values: tuple[str, ...]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, values)))


def _first(operand: Operand) -> sql.Composable:
    """The first filled text column."""
    return sql.SQL("coalesce({})").format(sql.SQL(", ").join(map(_text, operand)))


def _first_day(operand: Operand, received: date) -> sql.Composable:
    if operand == (RECEIVED,):
        return sql.SQL("date {}").format(sql.Literal(received.isoformat()))
    names = sql.SQL(", ").join(map(sql.Identifier, operand))
    return names if len(operand) == 1 else sql.SQL("coalesce({})").format(names)


def _ascending(test: Ascending, received: date) -> sql.Composable:
    """One comparison for each pair, so that an empty one in the middle hides nothing."""
    form = sql.SQL("abs({})" if test.magnitudes else "{}")
    operands = [form.format(_first_day(one, received)) for one in test.operands]
    pairs = [sql.SQL("coalesce({} > {}, false)").format(*pair)
             for pair in combinations(operands, 2)]  # fmt: skip
    return sql.SQL("({})").format(sql.SQL(" or ").join(pairs))


def _shape(test: Shape) -> sql.Composable:
    by, on = sql.Identifier(test.by), _first_day(test.day, date.min)
    parts = [
        sql.SQL("{} = {} and {} > date {}").format(by, sql.Literal(system), on, sql.Literal(day))
        for system, day in test.last_day.items()
    ]
    for system, shape in test.shapes.items():
        # all codes of a row in one match, each with its end: a match costs more than a longer text
        codes = sql.SQL(" || ").join(
            sql.SQL("coalesce({} || chr(31), '')").format(sql.Identifier(name))
            for name in test.columns
        )
        right = f"^(?:(?:{shape})?{BETWEEN})*$"
        parts.append(
            sql.SQL("{} = {} and {} !~ {}").format(
                by, sql.Literal(system), codes, sql.Literal(right)
            )
        )
    return sql.SQL("({})").format(
        sql.SQL(" or ").join(sql.SQL("coalesce({}, false)").format(part) for part in parts)
    )


def _window(test: Window) -> sql.Composable:
    gap = sql.SQL("({} - {})").format(sql.Identifier(test.date), sql.Identifier(test.since))
    parts = [
        sql.SQL("coalesce({} = {} and {} not between {} and {}, false)").format(
            sql.Identifier(test.by), sql.Literal(word), gap, sql.Literal(low), sql.Literal(high)
        )
        for word, (low, high) in test.days.items()
    ]
    return sql.SQL("({})").format(sql.SQL(" or ").join(parts))


def _listed(test: Listed) -> sql.Composable:
    def same(row: tuple[str, ...]) -> sql.Composable:
        pairs = zip(test.columns, test.numeric, row, strict=True)
        return sql.SQL("({})").format(
            sql.SQL(" and ").join(
                sql.SQL("coalesce({} = {}, false)").format(
                    sql.Identifier(name) if numeric else sql.SQL("lower({})").format(_text(name)),
                    sql.SQL(cell) if numeric else sql.Literal(cell),
                )
                for name, numeric, cell in pairs
            )
        )

    known = sql.SQL("lower({}) in {}").format(_text(test.columns[0]), _texts(test.known))
    right = sql.SQL(" or ").join(map(same, test.rows))
    return sql.SQL("({} and not ({}))").format(known, right)
