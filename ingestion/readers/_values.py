"""Values of canonical columns, as functions of the fields of a source row.

What cannot be read is handed on as it came: the feed's own rules then quarantine the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from ingestion.contract import load_feed
from ingestion.readers._mapping import Options, Value

Getter = Callable[[list[str]], str]
MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
PATTERNS = {
    "yyyy-mm-dd": re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII),
    "yyyymmdd": re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII),
    "dd-mon-yyyy": re.compile(r"(?P<d>\d{2})-(?P<m>[A-Za-z]{3})-(?P<y>\d{4})", re.ASCII),
    "timestamp": re.compile(
        r"(\d{4})-(\d{2})-(\d{2})[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?",
        re.ASCII,
    ),
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
REMEMBERED = 1 << 16


class Plan:
    """Fills canonical columns from the fields of a row: constants, plain fields, functions."""

    def __init__(
        self, values: Mapping[str, Value], at: Mapping[str, int], options: Options, feed: str
    ) -> None:
        made = getters(values, at, options, feed)
        types = {column.name: column.type for column in load_feed(feed).columns}
        self._constants: dict[str, str] = {}
        self._plain: list[tuple[str, int]] = []
        self._dates: list[tuple[str, int]] = []
        self._special: list[tuple[str, Getter]] = []
        self._date = DateReader(options.dates)
        for name, getter in made.items():
            value = values[name]
            if value == Value(text=value.text) and value.text != "@":
                self._constants[name] = value.text or ""
            elif value == Value(columns=value.columns) and self._is_plain(value, at, options):
                same = self._dates if types[name] == "date" else self._plain
                same.append((name, at[value.columns[0]]))
            else:
                self._special.append((name, getter))

    @staticmethod
    def _is_plain(value: Value, at: Mapping[str, int], options: Options) -> bool:
        return len(value.columns) == 1 and value.columns[0] in at and not options.empty

    def fill(self, fields: list[str]) -> dict[str, str]:
        """Filled columns only."""
        row = self._constants.copy()
        for name, place in self._plain:
            if value := fields[place]:
                row[name] = value
        for name, place in self._dates:
            if value := fields[place]:
                row[name] = self._date(value)
        for name, getter in self._special:
            if value := getter(fields):
                row[name] = value
        return row


def getters(
    values: Mapping[str, Value | str],
    at: Mapping[str, int],
    options: Options,
    feed: str | None = None,
) -> dict[str, Getter]:
    """Canonical column -> function of the fields; columns the file does not have are left out.

    at: source column -> position. feed: its column types decide how dates are read; None = text.
    """
    types = {column.name: column.type for column in load_feed(feed).columns} if feed else {}
    dates = DateReader(options.dates)
    made: dict[str, Getter] = {}
    for name, value in values.items():
        rule = Value(columns=(value,)) if isinstance(value, str) else value
        getter = _getter(rule, at, options, dates if types.get(name) == "date" else None)
        if getter is None and feed is None:
            getter = _nothing
        if getter is not None:
            made[name] = getter
    return made


class DateReader:
    """Dates of the contract's forms as YYYY-MM-DD; anything else as it came."""

    def __init__(self, forms: tuple[str, ...]) -> None:
        self._patterns = [PATTERNS[form] for form in forms]
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            found = self._read(text)
            if len(self._known) < REMEMBERED:
                self._known[text] = found
        return found

    def _read(self, text: str) -> str:
        for pattern in self._patterns:
            match = pattern.fullmatch(text)
            if match and match.re.groupindex:
                month = MONTHS.get(match["m"].upper())
                return f"{match['y']}-{month}-{match['d']}" if month else text
            if match:
                return "-".join(match.groups())
        return text


def _nothing(fields: list[str]) -> str:
    return ""


def _getter(
    value: Value, at: Mapping[str, int], options: Options, dates: DateReader | None
) -> Getter | None:
    """None: the file has none of the columns."""
    getter = _source(value, at, options)
    if getter is None:
        return None
    if value.codes is not None or value.otherwise is not None:
        getter = _coded(getter, value)
    if value.plus or value.times_from:
        getter = _added(getter, value, at)
    if dates is not None:
        getter = _dated(getter, dates)
    for name, among in value.when:
        getter = _conditional(getter, at.get(name), among, True)
    for name, among in value.unless:
        getter = _conditional(getter, at.get(name), among, False)
    return getter


def _source(value: Value, at: Mapping[str, int], options: Options) -> Getter | None:
    if value.text is not None:
        text = "0" if value.text == "@" else value.text
        return lambda fields: text
    places = [at[name] for name in value.columns if name in at]
    if not places:
        return None
    if value.joined:
        return lambda fields: "".join([fields[place] for place in places])
    if value.summed:
        return _sum(places, [at[name] for name in value.less if name in at])
    empty = options.empty
    if len(places) == 1:
        place = places[0]
        if not empty:
            return lambda fields: fields[place]
        return lambda fields: "" if fields[place] in empty else fields[place]
    return lambda fields: next(
        (fields[p] for p in places if fields[p] and fields[p] not in empty), ""
    )


def _sum(places: list[int], less: list[int]) -> Getter:
    def total(fields: list[str]) -> str:
        texts = [fields[place] for place in places]
        minus = [fields[place] for place in less]
        if not any(texts):
            return ""
        try:
            plain = sum((_number(text) for text in texts), Decimal(0))
            return f"{plain - sum((_number(text) for text in minus), Decimal(0)):f}"
        except InvalidOperation:
            return next((t for t in (*texts, *minus) if t and not NUMBER.fullmatch(t)), "?")

    return total


def _number(text: str) -> Decimal:
    if text and not NUMBER.fullmatch(text):
        raise InvalidOperation
    return Decimal(text or 0)


def _coded(getter: Getter, value: Value) -> Getter:
    codes, otherwise = value.codes or {}, value.otherwise
    if otherwise is None:
        return lambda fields: codes.get(text := getter(fields), text)
    return lambda fields: codes.get(getter(fields), otherwise)


def _added(getter: Getter, value: Value, at: Mapping[str, int]) -> Getter:
    plus, by = value.plus, value.times
    place = at.get(value.times_from or "")

    def added(fields: list[str]) -> str:
        text = getter(fields)
        part = fields[place] if place is not None else "1"
        if not re.fullmatch(r"-?[0-9]{1,9}", text) or not re.fullmatch("[0-9]{1,4}", part):
            return text or part
        return str(int(text) + plus + (int(part) - 1) * by)

    return added


def _dated(getter: Getter, dates: DateReader) -> Getter:
    return lambda fields: dates(text) if (text := getter(fields)) else ""


def _conditional(getter: Getter, place: int | None, among: frozenset[str], wanted: bool) -> Getter:
    if place is None:
        # a column the file does not have is empty in every row
        return getter if ("" in among) is wanted else _nothing
    return lambda fields: getter(fields) if (fields[place] in among) is wanted else ""
