"""The same rules over the rows of a file that is only checked, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from ingestion.contract import Feed, Layout
from ingestion.records import Rejected
from ingestion.rules import judging
from ingestion.rules.chosen import holds, may_hold, rules_of
from ingestion.rules.judging import Row
from ingestion.rules.rule import RECEIVED, Agree, Ascending, Rule

# Takes feed, record number and filled columns of every accepted row of a file.
See = Callable[[str, int, Row], None]


def unseen(feed: str, record: int, row: Row) -> None:
    """For a pass through the rows that asks nothing of them."""


class Judged:
    """What the rows of one file say of the rules that may put rows into quarantine.

    Feed every accepted row to `see`; `held` then tells the records that may not stay. feeds: those
    the layout may fill, the file's own first, in the order in which `receive` goes through them.
    """

    def __init__(self, feeds: Iterable[Feed], layout: Layout, received: date) -> None:
        self.layout = layout
        self._rules = {
            feed.name: [
                _Judge(rule, feed, received)
                for rule in rules_of(feed, layout)
                if may_hold(rule, layout)
            ]
            for feed in feeds
        }

    def columns(self, feed: str) -> set[str]:
        """Columns that must be there in the rows given to `see`."""
        return {name for judge in self._rules[feed] for name in judge.columns()}

    @property
    def is_idle(self) -> bool:
        return not any(self._rules.values())

    def see(self, feed: str, record: int, row: Row) -> None:
        for judge in self._rules[feed]:
            judge.see(record, row)

    def held(self, rows: int, again: Callable[[See], object]) -> dict[int, Rejected]:
        """Records to quarantine. rows: of the file; again: goes through its rows once more."""
        hits = [
            (name, judge)
            for name, judges in self._rules.items()
            for judge in judges
            if judge.count and holds(judge.rule, judge.count, rows, self.layout)
        ]

        def gather(feed: str, record: int, row: Row) -> None:
            for name, judge in hits:
                if name == feed:
                    judge.gather(record, row)

        if any(judge.keys for _, judge in hits):
            again(gather)
        found: dict[int, Rejected] = {}
        for _, judge in hits:
            for record in judge.records:
                found.setdefault(record, Rejected(record, judge.rule.code, judge.rule.field))
        return found


class _Judge:
    """One rule over one file: how many rows break it, and which records, or keys of records."""

    def __init__(self, rule: Rule, feed: Feed, received: date) -> None:
        self.rule, self.feed = rule, feed
        self.count = 0
        self.records: set[int] = set()
        self.keys: set[str] = set()
        self._agree = rule.test if isinstance(rule.test, Agree) else None
        self._broken = None if self._agree else judging.broken(rule, received)
        self._said: dict[tuple[str, ...], list[str]] = {}

    def columns(self) -> set[str]:
        names = {*self.feed.member_columns, *(column for column, _ in self.rule.unless)}
        names |= {self.feed.claim_column} if self.feed.claim_column else set()
        return names | _columns(self.rule)

    def see(self, record: int, row: Row) -> None:
        if self._agree:
            self._compare(self._agree, row)
        elif self._broken and self._broken(row):
            self.count += 1
            key = judging.key(self.rule, self.feed, row) if self.rule.reach != "row" else ""
            if key:
                self.keys.add(key)
            else:
                self.records.add(record)

    def _compare(self, test: Agree, row: Row) -> None:
        key = judging.key(self.rule, self.feed, row)
        if not key:
            return
        values = [row.get(name, "").lower() for name in test.columns]
        version = (str(int(text)) if (text := row.get(name)) else "" for name in test.version)
        said = self._said.setdefault((key, *version), values)
        for at, value in enumerate(values):
            if value and said[at] and value != said[at]:
                self.keys.add(key)
                self.count += 1
            said[at] = said[at] or value

    def gather(self, record: int, row: Row) -> None:
        """A record that goes because of what it has in common with one that breaks the rule."""
        if judging.key(self.rule, self.feed, row) in self.keys:
            self.records.add(record)


def _columns(rule: Rule) -> set[str]:
    """Every column that a rule's test looks at."""
    test = rule.test
    if isinstance(test, Ascending):
        return {name for one in test.operands for name in one} - {RECEIVED}
    names: set[str] = set()
    for value in vars(test).values():
        if isinstance(value, str):
            names.add(value)
        elif isinstance(value, tuple) and all(isinstance(name, str) for name in value):
            names.update(value)
    return names
