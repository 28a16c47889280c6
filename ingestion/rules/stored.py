"""Rules over the rows that a file has just stored, in SQL and in the same transaction.

One look at each table counts what breaks which rule, together with the control total. Only where
something breaks one are the records looked up, taken back and written to the ledger as rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg2 import sql

from ingestion.contract import Feed, Layout
from ingestion.reader import Ledger
from ingestion.records import Rejected
from ingestion.rules import predicate
from ingestion.rules.chosen import holds, rules_of
from ingestion.rules.reference import noted
from ingestion.rules.rule import Agree, Rule
from ingestion.vaulted import described


@dataclass(frozen=True)
class Stored:
    """The rows of one receipt. feeds: those it filled, the main one first; received: its day.

    part: the table that holds them and nothing else, None for rows in the raw tables.
    """

    schema: str
    receipt_id: int
    received: date
    feeds: tuple[Feed, ...]
    layout: Layout
    part: sql.Identifier | None = None

    def table(self, feed: Feed) -> sql.Identifier:
        return self.part or sql.Identifier(self.schema, feed.name)


@dataclass
class Survey:
    """control_total: of the main feed, None if it has none; hits: broken rules in their order, with
    rows; noted: warnings that reference data gives, with rows.
    """

    control_total: Decimal | None = None
    hits: list[tuple[Feed, Rule, int]] = field(default_factory=list)
    noted: list[tuple[str, int]] = field(default_factory=list)


def survey(cursor: Any, stored: Stored) -> Survey:
    """What the stored rows add up to and which rules they break. Changes nothing."""
    found = Survey()
    for feed in stored.feeds:
        rules = rules_of(feed, stored.layout)
        single = [rule for rule in rules if not isinstance(rule.test, Agree)]
        total, counts = _counts(cursor, stored, feed, single)
        if feed == stored.feeds[0]:
            found.control_total = total
        counted = dict(zip((rule.name for rule in single), counts, strict=True))
        for rule in rules:
            count = counted.get(rule.name)
            if count is None:
                count = len(records_breaking(cursor, stored, feed, rule))
            if count:
                found.hits.append((feed, rule, count))
        told = described(cursor, stored.schema, feed) if feed.vault_names else stored.table(feed)
        warning = noted(cursor, feed.name, told, stored.receipt_id, stored.received)
        if warning:
            found.noted.append(warning)
    return found


def _counts(
    cursor: Any, stored: Stored, feed: Feed, rules: list[Rule]
) -> tuple[Decimal | None, list[int]]:
    """Control total and, rule by rule, rows that break it: one pass over the receipt's rows."""
    columns = [
        sql.SQL("count(*) filter (where {})").format(predicate.broken(rule, stored.received))
        for rule in rules
    ]
    if feed.control_column and feed == stored.feeds[0]:
        control: sql.Composable = sql.SQL("coalesce(sum({}), 0)").format(
            sql.Identifier(feed.control_column)
        )
    elif columns:
        control = sql.SQL("null")
    else:
        return None, []
    if stored.part:
        # unknown to the planner, who would rather not start a second process for so few rows
        cursor.execute("set local parallel_setup_cost = 0")
    statement = sql.SQL("select {} from {} where receipt_id = %s")
    cursor.execute(
        statement.format(sql.SQL(", ").join([control, *columns]), stored.table(feed)),
        (stored.receipt_id,),
    )
    total, *counts = cursor.fetchone()
    return (None if total is None else Decimal(total)), counts


def settle(cursor: Any, stored: Stored, found: Survey, ledger: Ledger) -> Decimal | None:
    """Takes back the records that may not stay; returns the control total of the others.

    A record goes for the first rule it breaks, in the order of feeds and of their rules.
    """
    held: dict[int, Rejected] = {}
    for code, count in found.noted:
        ledger.noted[code] += count
    for feed, rule, count in found.hits:
        if not holds(rule, count, ledger.rows, stored.layout):
            ledger.noted[rule.code] += count
            continue
        for record in records_breaking(cursor, stored, feed, rule):
            held.setdefault(record, Rejected(record, rule.code, rule.field))
    total = found.control_total
    if not held:
        return total
    records = sorted(held)
    lost = _control(cursor, stored, records)
    for feed in stored.feeds:
        cursor.execute("select ops.take_back(%s, %s, %s)", (stored.receipt_id, feed.name, records))
    ledger.accepted -= len(records)
    ledger.rejected.extend(held[record] for record in records)
    return None if total is None else total - lost


def records_breaking(cursor: Any, stored: Stored, feed: Feed, rule: Rule) -> list[int]:
    """Records with a row that breaks the rule, and those that go with it."""
    table = stored.table(feed)
    receipt: Iterable[int] = (stored.receipt_id,)
    if isinstance(rule.test, Agree):
        keys = predicate.disagreeing(rule, feed, table)
    else:
        broken = predicate.broken(rule, stored.received)
        if rule.reach == "row":
            statement = sql.SQL(
                "select distinct record_no from {} where receipt_id = %s and {} order by 1"
            )
            cursor.execute(statement.format(table, broken), receipt)
            return [record for (record,) in cursor.fetchall()]
        keys = sql.SQL("select {} from {} where receipt_id = %s and {}").format(
            predicate.key(rule, feed), table, broken
        )
    statement = sql.SQL(
        "select distinct record_no from {} where receipt_id = %s and {} in ({}) order by 1"
    )
    cursor.execute(
        statement.format(table, predicate.key(rule, feed), keys),
        (stored.receipt_id, stored.receipt_id),
    )
    return [record for (record,) in cursor.fetchall()]


def _control(cursor: Any, stored: Stored, records: list[int]) -> Decimal:
    column = stored.feeds[0].control_column
    if column is None:
        return Decimal(0)
    statement = sql.SQL(
        "select coalesce(sum({}), 0) from {} where receipt_id = %s and record_no = any (%s)"
    ).format(sql.Identifier(column), stored.table(stored.feeds[0]))
    cursor.execute(statement, (stored.receipt_id, records))
    return Decimal(cursor.fetchone()[0])
