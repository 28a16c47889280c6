"""Figures of the accepted rows of one file, counted without a database."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from ingestion.contract import Feed, Layout
from ingestion.dialect import split
from ingestion.reader import CENT, Accepted

AMOUNTS = ("charge_amount", "paid_amount")


class Tally:
    """Members, claims, amounts and dates. Every accepted block is added once.

    An amount that the layout states per claim repeats on the claim's lines and is counted once;
    where the lines disagree the largest counts, so the order of rows decides nothing.
    """

    def __init__(self, feed: Feed, layout: Layout, names: tuple[str, ...]) -> None:
        self.feed, self.layout = feed, layout
        self._at = {name: at for at, name in enumerate(names)}
        self.members: set[str] = set()
        self.claims: set[str] = set()
        self._sums = dict.fromkeys((name for name in AMOUNTS if name in feed.names), Decimal(0))
        self.control_total = Decimal(0)
        self._once: dict[tuple[str, str], Decimal] = {}
        self._levels: dict[tuple[str, str], str] = {}
        self.first_date: str | None = None
        self.last_date: str | None = None

    def add(self, accepted: Accepted) -> None:
        for number, line in zip(accepted.numbers, accepted.lines, strict=True):
            self._add_row(split(line, self.layout.delimiter, number))

    def amount(self, name: str) -> Decimal | None:
        """Sum of an amount; None for feeds that have no such amount."""
        if name not in self._sums or self.feed.claim_column is None:
            return None
        repeated = (value for (column, _), value in self._once.items() if column == name)
        return self._sums[name] + sum(repeated, Decimal(0))

    def _add_row(self, row: list[str]) -> None:
        member = self._first(row, self.feed.member_columns)
        if member:
            self.members.add(member)
        if self.feed.claim_column:
            claim = row[self._at[self.feed.claim_column]]
            self.claims.add(claim)
            for name in self._sums:
                self._add_amount(row, claim, name)
        control = self.feed.control_column
        if control and (text := self._first(row, (control,))):
            self.control_total += rounded(text)
        self._add_dates(row)

    def _add_amount(self, row: list[str], claim: str, name: str) -> None:
        text = self._first(row, (name,))
        if not text:
            return
        value = rounded(text)
        if self._level(name, self._first(row, ("claim_type",))) == "line":
            self._sums[name] += value
        else:
            self._once[name, claim] = max(value, self._once.get((name, claim), value))

    def _level(self, name: str, claim_type: str) -> str:
        key = name, claim_type
        if key not in self._levels:
            self._levels[key] = self.layout.level(self.feed.name, name, claim_type)
        return self._levels[key]

    def _add_dates(self, row: list[str]) -> None:
        # ISO dates of four-digit years order as text
        start = self._first(row, self.feed.service_date_columns)
        end = self._first(row, self.feed.service_end_columns)
        if start and (self.first_date is None or start < self.first_date):
            self.first_date = start
        if end and (self.last_date is None or end > self.last_date):
            self.last_date = end

    def _first(self, row: list[str], names: tuple[str, ...]) -> str:
        """First filled field among columns the file has, '' if there is none."""
        return next((row[self._at[n]] for n in names if n in self._at and row[self._at[n]]), "")


def rounded(text: str) -> Decimal:
    """An amount as the database stores it: four decimals, half away from zero."""
    return Decimal(text).quantize(CENT, ROUND_HALF_UP)
