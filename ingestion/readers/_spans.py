"""Coverage spans from the ways senders state coverage."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping

from ingestion.errors import Refused
from ingestion.readers._mapping import Options, SpanRule, Value
from ingestion.readers._values import DateReader, Getter, getters
from ingestion.stream import TextFile

SIXTY_FIVE = 65


class Spans:
    """Start and end of each run of covered months of one record; none = no coverage.

    A number of months without saying which: the first ones of the year, or the last ones for a
    person who turns 65 in it (entitlement begins then). A death inside a span ends it.
    """

    def __init__(
        self, rule: SpanRule, at: Mapping[str, int], options: Options, source: TextFile
    ) -> None:
        self._dates = DateReader(options.dates)
        self._not_covered = rule.not_covered
        self._year = self._year_getter(rule, at, options, source)
        self._months = self._columns(rule, at, options)
        self._counts = list(getters({name: name for name in rule.counts}, at, options).values())
        one = {name: name for name in (rule.birth, rule.death) if name}
        found = getters(one, at, options)
        self._birth = found.get(rule.birth or "")
        self._death = found.get(rule.death or "")

    @staticmethod
    def _columns(rule: SpanRule, at: Mapping[str, int], options: Options) -> list[Getter]:
        if rule.months is None:
            return []
        names = [rule.months.replace("#", str(month)) for month in range(1, 13)]
        return [getters({name: name}, at, options)[name] for name in names]

    @staticmethod
    def _year_getter(
        rule: SpanRule, at: Mapping[str, int], options: Options, source: TextFile
    ) -> Getter:
        if rule.year:
            return getters({"": Value(columns=(rule.year,))}, at, options)[""]
        # Such files say nowhere but in their names which year they are about.
        named = re.search(rule.year_from_name or "(?!)", source.path.name)
        if not named:
            raise Refused("E-PERIOD", found="missing")
        year = named[1]
        return lambda fields: year

    def of(self, fields: list[str]) -> Iterator[dict[str, str]]:
        year = self._year(fields)
        if not re.fullmatch("(?:19|20)[0-9]{2}", year):
            yield {"enrollment_start_date": year or "?"}  # not a date: quarantined as one
            return
        for first, last in _runs(self._covered(fields, int(year))):
            yield self._span(fields, int(year), first, last)

    def _covered(self, fields: list[str], year: int) -> list[bool]:
        if self._months:
            values = [getter(fields) for getter in self._months]
            return [bool(value) and value not in self._not_covered for value in values]
        texts = [getter(fields) for getter in self._counts]
        count = max((int(text) for text in texts if re.fullmatch("[0-9]{1,2}", text)), default=0)
        count = min(count, 12)
        birth = self._dates(self._birth(fields)) if self._birth else ""
        if birth[:4].isdigit() and year - int(birth[:4]) == SIXTY_FIVE:
            return [False] * (12 - count) + [True] * count
        return [True] * count + [False] * (12 - count)

    def _span(self, fields: list[str], year: int, first: int, last: int) -> dict[str, str]:
        start = f"{year}-{first:02}-01"
        end = f"{year}-{last:02}-{monthrange(year, last)[1]:02}"
        death = self._dates(self._death(fields)) if self._death else ""
        if start <= death < end:
            end = death
        return {"enrollment_start_date": start, "enrollment_end_date": end}


def _runs(covered: list[bool]) -> Iterator[tuple[int, int]]:
    """(first, last) month of each run of covered months."""
    first = None
    for month, is_covered in enumerate([*covered, False], 1):
        if is_covered and first is None:
            first = month
        elif not is_covered and first is not None:
            yield first, month - 1
            first = None
