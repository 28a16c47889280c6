"""Figures of the accepted rows of one file, counted without a database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from ingestion.contract import Feed, Layout
from ingestion.dialect import split
from ingestion.reader import CENT, Accepted

AMOUNTS = ("charge_amount", "paid_amount")


class Tally:
    """Members, claims, amounts and dates of one feed. Every accepted row is added once.

    An amount that is stated per claim (the layout says so, or it stands in a `claim_` column)
    repeats on the claim's lines and is counted once; where the lines disagree the largest counts,
    so the order of rows decides nothing.
    """

    def __init__(self, feed: Feed, layout: Layout) -> None:
        self.feed, self.layout = feed, layout
        self.rows = 0
        self.members: set[str] = set()
        self.claims: set[str] = set()
        self._sums = dict.fromkeys((name for name in AMOUNTS if name in feed.names), Decimal(0))
        self.control_total = Decimal(0)
        self._once: dict[tuple[str, str], Decimal] = {}
        self._levels: dict[tuple[str, str], str] = {}
        self.first_date: str | None = None
        self.last_date: str | None = None

    def amount(self, name: str) -> Decimal | None:
        """Sum of an amount; None for feeds that have no such amount."""
        if name not in self._sums or self.feed.claim_column is None:
            return None
        repeated = (value for (column, _), value in self._once.items() if column == name)
        return self._sums[name] + sum(repeated, Decimal(0))

    def add_row(self, row: Mapping[str, str]) -> None:
        """One canonical row: its filled columns."""
        self.rows += 1
        member = _first(row, self.feed.member_columns)
        if member:
            self.members.add(member)
        if self.feed.claim_column:
            claim = row[self.feed.claim_column]
            self.claims.add(claim)
            for name in self._sums:
                self._add_amount(row, claim, name)
        control = self.feed.control_column
        if control and (text := row.get(control)):
            self.control_total += rounded(text)
        self._add_dates(row)

    def _add_amount(self, row: Mapping[str, str], claim: str, name: str) -> None:
        whole = row.get(f"claim_{name}")
        text = whole or row.get(name)
        if not text:
            return
        value = rounded(text)
        if not whole and self._level(name, row.get("claim_type", "")) == "line":
            self._sums[name] += value
        else:
            self._once[name, claim] = max(value, self._once.get((name, claim), value))

    def _level(self, name: str, claim_type: str) -> str:
        key = name, claim_type
        if key not in self._levels:
            self._levels[key] = self.layout.level(self.feed.name, name, claim_type)
        return self._levels[key]

    def _add_dates(self, row: Mapping[str, str]) -> None:
        # ISO dates of four-digit years order as text
        for day in self._filled(row, self.feed.service_date_columns):
            if self.first_date is None or day < self.first_date:
                self.first_date = day
        for day in self._filled(row, self.feed.service_end_columns):
            if self.last_date is None or day > self.last_date:
                self.last_date = day

    def _filled(self, row: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
        days = [day for name in names if (day := row.get(name))]
        return days if self.feed.dates_together else days[:1]


class LineTally(Tally):
    """The tally of a flat file: takes COPY lines, whose fields stand in the header's order.

    needed: further columns that its rows must hold.
    """

    def __init__(
        self, feed: Feed, layout: Layout, names: tuple[str, ...], needed: Collection[str] = ()
    ) -> None:
        super().__init__(feed, layout)
        told = {
            *needed,
            *feed.member_columns, *feed.service_date_columns, *feed.service_end_columns,
            *self._sums, *(f"claim_{name}" for name in self._sums), feed.claim_column,
            feed.control_column, "claim_type",
        }  # fmt: skip
        self._at = [(name, at) for at, name in enumerate(names) if name in told]

    def rows_of(self, accepted: Accepted) -> Iterator[tuple[int, dict[str, str]]]:
        """(record number, columns that are told or needed) of each accepted row."""
        for first, lines in accepted.runs:
            for number, line in enumerate(lines, first):
                fields = split(line, self.layout.delimiter, number)
                yield number, {name: fields[at] for name, at in self._at}


class Together:
    """Figures of a file that fills several feeds: the first is its main one."""

    def __init__(self, tallies: list[Tally]) -> None:
        self._tallies = tallies
        self.members = set().union(*(tally.members for tally in tallies))
        self.claims = set().union(*(tally.claims for tally in tallies))
        self.first_date = min((t.first_date for t in tallies if t.first_date), default=None)
        self.last_date = max((t.last_date for t in tallies if t.last_date), default=None)

    def amount(self, name: str) -> Decimal | None:
        """Sum over the feeds that have such an amount, None if none has."""
        known = [value for tally in self._tallies if (value := tally.amount(name)) is not None]
        return sum(known, Decimal(0)) if known else None


def _first(row: Mapping[str, str], names: tuple[str, ...]) -> str:
    """First filled field, '' if there is none."""
    return next((value for name in names if (value := row.get(name))), "")


def rounded(text: str) -> Decimal:
    """An amount as the database stores it: four decimals, half away from zero."""
    return Decimal(text).quantize(CENT, ROUND_HALF_UP)
