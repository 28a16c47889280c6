"""The mapping part of a contract, parsed strictly into frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ingestion.contract import feed_names, load_feed
from ingestion.messages import RULES
from ingestion.strict import Node

FORMS = ("yyyy-mm-dd", "yyyymmdd", "dd-mon-yyyy", "timestamp")


@dataclass(frozen=True)
class Value:
    """Where one canonical column comes from; see docs/contracts.md.

    columns: the first filled one counts, or with `joined` all of them in a row, or with `summed`
    their sum less the columns of `less`. first_line: only on the first line of a source row.
    """

    columns: tuple[str, ...] = ()
    text: str | None = None
    joined: bool = False
    summed: bool = False
    less: tuple[str, ...] = ()
    codes: Mapping[str, str] | None = None
    otherwise: str | None = None
    plus: int = 0
    times: int = 0
    times_from: str | None = None
    first_line: bool = False
    when: tuple[tuple[str, frozenset[str]], ...] = ()
    unless: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def is_of_line(self) -> bool:
        """Whether it differs between the lines of a source row."""
        names = (*self.columns, *self.less, *(name for name, _ in (*self.when, *self.unless)))
        return self.first_line or self.text == "@" or any("@" in name for name in names)

    def at(self, mark: str, number: int) -> Value:
        """The same with a placeholder in its column names replaced by a number."""

        def put(name: str) -> str:
            return name.replace(mark, str(number))

        return Value(
            columns=tuple(map(put, self.columns)),
            text=self.text,
            joined=self.joined,
            summed=self.summed,
            less=tuple(map(put, self.less)),
            codes=self.codes,
            otherwise=self.otherwise,
            plus=self.plus + (number if mark == "@" and self.text == "@" else 0),
            times=self.times,
            times_from=self.times_from,
            first_line=self.first_line,
            when=tuple((put(name), among) for name, among in self.when),
            unless=tuple((put(name), among) for name, among in self.unless),
        )


@dataclass(frozen=True)
class SpanRule:
    """How coverage is stated: dates, one column a month, or a number of months in a year."""

    year: str | None = None
    year_from_name: str | None = None
    months: str | None = None
    not_covered: frozenset[str] = frozenset()
    counts: tuple[str, ...] = ()
    birth: str | None = None
    death: str | None = None


@dataclass(frozen=True)
class RowMap:
    """What a source row becomes in one feed.

    lines: groups of numbered columns (`@`), each its own canonical row; present: the columns of
    which one must be filled for a group to exist. when: (value, texts, wanted) conditions.
    """

    feed: str
    columns: Mapping[str, Value]
    lines: int = 1
    present: tuple[str, ...] = ()
    when: tuple[tuple[Value, frozenset[str], bool], ...] = ()
    spans: SpanRule | None = None

    def shared(self) -> dict[str, Value]:
        """Columns that are the same on every line of a source row."""
        return {name: value for name, value in self.columns.items() if not value.is_of_line}

    def at_line(self, number: int) -> dict[str, Value]:
        """Columns of one line only."""
        return {
            name: value.at("@", number)
            for name, value in self.columns.items()
            if value.is_of_line and (number == 1 or not value.first_line)
        }


@dataclass(frozen=True)
class Skip:
    """Records that are known and hold nothing to store."""

    value: Value
    among: frozenset[str]
    code: str


@dataclass(frozen=True)
class Kind:
    """One kind of file: the columns its header must have and what its rows become.

    refused: code of a kind that is known and never taken in (then without rows).
    """

    name: str
    header: tuple[str, ...]
    feed: str
    without: frozenset[str] = frozenset()
    rows: tuple[RowMap, ...] = ()
    skip: tuple[Skip, ...] = ()
    refused: str | None = None


@dataclass(frozen=True)
class Options:
    """dates: forms of FORMS; surplus: fields a row may have beyond the header's names."""

    delimiter: str
    dates: tuple[str, ...]
    surplus: int
    empty: frozenset[str]
    kinds: tuple[Kind, ...] = field(default_factory=tuple)

    def of_table(self) -> Options:
        """The same for a table: commas, and the days and timestamps of its typed columns too."""
        typed = [form for form in ("yyyy-mm-dd", "timestamp") if form not in self.dates]
        return replace(self, delimiter=",", dates=(*self.dates, *typed), surplus=0)


def parse(node: Node) -> Options:
    """Raises ContractError."""
    node.only("delimiter", "dates", "surplus_fields", "empty", "values", "files")
    shared = _shared(node)
    return Options(
        delimiter=node.choice("delimiter", (",", "|", ";", "\t")),
        dates=node.names("dates", FORMS),
        surplus=node.optional("surplus_fields", int, 0),
        empty=frozenset(node.names("empty")) if "empty" in node.value else frozenset(),
        kinds=tuple(_kind(name, kind, shared) for name, kind in node.node("files").nodes()),
    )


def _shared(node: Node) -> dict[str, Mapping[str, str]]:
    """Code lists used in several places: name -> codes."""
    if "values" not in node.value:
        return {}
    return {name: _codes(entry) for name, entry in node.node("values").nodes()}


def _codes(node: Node) -> dict[str, str]:
    for key, value in node.value.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise node.fail(str(key), "is not text to text (quote both)")
    return dict(node.value)


def _kind(name: str, node: Node, shared: Mapping[str, Mapping[str, str]]) -> Kind:
    node.only("header", "without", "rows", "skip", "refused", "feed")
    header = tuple(column.upper() for column in node.names("header"))
    without = node.names("without") if "without" in node.value else ()
    absent = frozenset(column.upper() for column in without)
    if "refused" in node.value:
        feed = node.choice("feed", feed_names())
        return Kind(name, header, feed, absent, refused=node.choice("refused", RULES))
    entries = enumerate(node.get("rows", list), 1)
    rows = tuple(_row(_sub(node, f"rows[{at}]", entry), shared) for at, entry in entries)
    skip = tuple(
        _skip(_sub(node, f"skip[{at}]", entry))
        for at, entry in enumerate(node.optional("skip", list, []), 1)
    )
    return Kind(name, header, rows[0].feed, absent, rows, skip)


def _sub(node: Node, key: str, value: Any) -> Node:
    return Node(node.contract, f"{node.where}.{key}", value)


def _skip(node: Node) -> Skip:
    node.only("column", "among", "code")
    column = Value(columns=(node.get("column", str).upper(),))
    return Skip(column, frozenset(node.names("among")), node.choice("code", RULES))


def _row(node: Node, shared: Mapping[str, Mapping[str, str]]) -> RowMap:
    node.only("feed", "columns", "lines", "spans", "when", "unless")
    feed = node.choice("feed", feed_names())
    spans = _spans(node.node("spans")) if "spans" in node.value else None
    lines, present = 1, tuple[str, ...]()
    if "lines" in node.value:
        group = node.node("lines")
        group.only("count", "present")
        lines, present = group.get("count", int), group.names("present")
    return RowMap(
        feed=feed,
        columns=_columns(node.node("columns"), load_feed(feed).names, shared),
        lines=lines,
        present=tuple(name.upper() for name in present),
        when=(
            *((Value((name,)), among, True) for name, among in _conditions(node, "when")),
            *((Value((name,)), among, False) for name, among in _conditions(node, "unless")),
        ),
        spans=spans,
    )


def _columns(
    node: Node, names: tuple[str, ...], shared: Mapping[str, Mapping[str, str]]
) -> dict[str, Value]:
    """Canonical column -> value, numbered ones (`diagnosis_code_#`) written out."""
    columns: dict[str, Value] = {}
    for key in node.value:
        value, count = _value(node, key, shared)
        for number in range(1, count + 1):
            name = str(key).replace("#", str(number))
            if name not in names:
                raise node.fail(str(key), f"names {name}, which the feed does not have")
            columns[name] = value.at("#", number)
    return columns


def _value(node: Node, key: str, shared: Mapping[str, Mapping[str, str]]) -> tuple[Value, int]:
    given = node.value[key]
    if isinstance(given, str):
        return Value(columns=(given.upper(),)), 1
    entry = node.node(key)
    entry.only(
        "from", "join", "sum", "less", "text", "codes", "else", "plus", "times", "count", "when",
        "unless", "first_line",
    )  # fmt: skip
    count = entry.optional("count", int, 1)
    source = next((word for word in ("from", "join", "sum", "text") if word in entry.value), None)
    if source is None:
        raise node.fail(key, "needs one of from, join, sum, text")
    text = entry.get("text", str) if source == "text" else None
    columns = () if source == "text" else _sources(entry, source)
    times = _times(entry)
    value = Value(
        columns=columns,
        text=text,
        joined=source == "join",
        summed=source == "sum",
        less=_sources(entry, "less") if "less" in entry.value else (),
        codes=_named_codes(entry, shared),
        otherwise=entry.optional("else", str, None),
        plus=entry.optional("plus", int, 0),
        times=times[0],
        times_from=times[1],
        first_line=entry.optional("first_line", bool, False),
        when=_conditions(entry, "when"),
        unless=_conditions(entry, "unless"),
    )
    return value, count


def _times(entry: Node) -> tuple[int, str | None]:
    """A number added for every further part of a claim: (SEGMENT - 1) times it."""
    if "times" not in entry.value:
        return 0, None
    node = entry.node("times")
    node.only("column", "by")
    return node.get("by", int), node.get("column", str).upper()


def _sources(entry: Node, key: str) -> tuple[str, ...]:
    given = entry.get(key, (str, list))
    names = (given,) if isinstance(given, str) else entry.names(key)
    return tuple(name.upper() for name in names)


def _named_codes(entry: Node, shared: Mapping[str, Mapping[str, str]]) -> Mapping[str, str] | None:
    if "codes" not in entry.value:
        return None
    given = entry.get("codes", (str, dict))
    if isinstance(given, dict):
        return _codes(entry.node("codes"))
    if given not in shared:
        raise entry.fail("codes", f"names {given}, which is not under values")
    return shared[given]


def _conditions(node: Node, key: str) -> tuple[tuple[str, frozenset[str]], ...]:
    if key not in node.value:
        return ()
    entry = node.node(key)
    return tuple((str(name).upper(), frozenset(entry.names(name))) for name in entry.value)


def _spans(node: Node) -> SpanRule:
    node.only("year", "year_from_name", "months", "not_covered", "counts", "birth", "death")
    return SpanRule(
        year=_upper(node, "year"),
        year_from_name=node.optional("year_from_name", str, None),
        months=_upper(node, "months"),
        not_covered=frozenset(node.names("not_covered") if "not_covered" in node.value else ()),
        counts=_sources(node, "counts") if "counts" in node.value else (),
        birth=_upper(node, "birth"),
        death=_upper(node, "death"),
    )


def _upper(node: Node, key: str) -> str | None:
    value = node.optional(key, str, None)
    return value.upper() if value else None
