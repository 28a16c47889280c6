"""Feed and layout contracts: read from YAML, checked strictly, held as frozen values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from ingestion.errors import UnknownContractError
from ingestion.rules.rule import ACTIONS, Rule, parse_rules
from ingestion.strict import Node

CONTRACTS = Path(__file__).parent / "contracts"
# A folder of an installation's own layout contracts, beside those that come with the product.
OWN_LAYOUTS = "SECOND_OPINION_LAYOUTS"
TYPES = ("text", "date", "integer", "money", "quantity")
TEXT_LIMIT = 255
LINE_LIMIT = 1 << 20
CONTAINERS = ("plain", "gzip", "zip", "parquet")
# Where a column is kept: `vault` holds what identifies a person, `raw` what the work needs.
PLACES = ("raw", "vault", "both")
# How a later version of a claim names what it replaces: the same id again with a later order, the
# first id of its family, a reversal row with opposite amounts, or not at all.
LINKS = ("same_id", "original_id", "reversal_pair", "none")
# A person of an earlier file who is missing now: nothing is said, coverage has ended, or the file
# is about one period and says nothing of others.
ABSENCE = ("says_nothing", "ends_coverage", "other_period")
COMMON = (
    "layout", "description", "feeds", "encoding", "containers", "decimals", "money_level",
    "versions", "links", "denials", "absence", "line_limit", "row_rules", "limits", "id_widths",
)  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """More than so many rows, and more than such a share of the file's rows, are too many."""

    share: Decimal
    rows: int = 1

    def is_passed(self, count: int, of: int) -> bool:
        return count > self.rows and count > of * self.share


# Where a layout says nothing of its own. A handful of bad dates never speaks of a whole file.
LIMITS = MappingProxyType(
    {
        "Q-COLS": Limit(Decimal("0.001")),
        "Q-DATE": Limit(Decimal("0.005"), rows=20),
        "Q-IDFMT": Limit(Decimal("0.001")),
    }
)
FLAT = ("dialect", "trailer", "header", "unused_columns", "recognised_by", "aliases")
READ = ("reader", "options")


@dataclass(frozen=True)
class Column:
    """One canonical column. max_length counts characters and holds for text only.

    wrong: code of a value that is not among `values`, where it is not the usual one; stored: the
    column of a file is looked at and has no place in the table when it is not.
    is_id: an identifier, which spreadsheets must not have turned into a number; width: digits that
    it has at least, when it is all digits (0 = any); coded: holds a code or a short label, never
    sentences.
    kept_in: where its values go (one of PLACES); identifiers go to `vault` and nowhere else.
    """

    name: str
    type: str
    description: str
    required: bool = False
    required_when: tuple[str, str] | None = None
    values: tuple[str, ...] = ()
    max_length: int = TEXT_LIMIT
    wrong: str | None = None
    stored: bool = True
    is_id: bool = False
    width: int = 0
    coded: bool = False
    kept_in: str = "raw"

    @property
    def is_code(self) -> bool:
        """Whether its values are ids or codes, which lose something when they come as numbers."""
        return self.type == "text" and not self.values and not self.name.endswith("_flag")


# Any canonical file may say on every row whose it is.
PAYOR_COLUMN = Column("payor_id", "text", "Id of the payor; not stored", stored=False)


@dataclass(frozen=True)
class Feed:
    """A canonical feed: its columns in table order and what its rows mean.

    dates_together: all service date columns of a row count, else only the first filled one.
    payor_column: says in a canonical file whose row it is; never stored.
    rules: across the columns of a row or the rows of a file, in the order in which they are tried.
    link_key: the column that names a row whose person may have to be found by identifiers.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    control_column: str | None
    member_columns: tuple[str, ...]
    claim_column: str | None
    service_date_columns: tuple[str, ...]
    service_end_columns: tuple[str, ...]
    change_entity: str
    introduces_person: bool
    dates_together: bool
    payor_column: Column = PAYOR_COLUMN
    rules: tuple[Rule, ...] = ()
    link_key: str | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Columns of the feed's raw table."""
        return tuple(column.name for column in self.columns if column.kept_in != "vault")

    @property
    def vault_names(self) -> tuple[str, ...]:
        """Columns that nothing but `vault` keeps."""
        return tuple(column.name for column in self.columns if column.kept_in == "vault")

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Columns of `vault.identity`: those of `vault_names` and what the work needs as well."""
        return tuple(column.name for column in self.columns if column.kept_in != "raw")

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


@dataclass(frozen=True)
class Layout:
    """How a sender writes files.

    trailer: first field of the trailer line (None = no trailer).
    unused_columns: feed -> columns that are known and read past.
    ignores_unknown: columns that nobody knows are read past too, else they refuse the file.
    aliases: feed -> older name of a column -> its canonical name.
    max_fraction: decimals accepted in money and quantities.
    recognised_by: columns that a header must have for `check` to guess this layout.
    money_level: feed -> amount -> {'default' or claim type: 'line' | 'header'}.
    versions: feed -> {'family': columns, 'order': columns}.
    links: feed -> how a later version names what it replaces (one of LINKS).
    denials: feed -> what a denied claim or line looks like.
    absence: feed -> what it means when a person of an earlier file is missing (one of ABSENCE).
    admitted: codes of holds that a steward has overruled for this file.
    reader: module of `ingestion.readers`; None = every row is a canonical row. options: what that
    reader made of the contract's `options`. line_limit: characters.
    row_rules: name of a feed's rule, or `default` -> what becomes of rows that break it.
    limits: code -> how many of a file's rows may carry it, see `ingestion.limits`.
    id_widths: feed -> column -> digits that an all-digit id has at least.
    """

    name: str
    description: str
    feeds: tuple[str, ...]
    delimiter: str
    quote: str
    containers: tuple[str, ...]
    trailer: str | None
    unused_columns: Mapping[str, tuple[str, ...]]
    ignores_unknown: bool
    aliases: Mapping[str, Mapping[str, str]]
    recognised_by: tuple[str, ...]
    max_fraction: int
    money_level: Mapping[str, Mapping[str, Mapping[str, str]]]
    versions: Mapping[str, Mapping[str, tuple[str, ...]]]
    links: Mapping[str, str]
    denials: Mapping[str, str]
    absence: Mapping[str, str]
    reader: str | None
    options: Any
    line_limit: int
    row_rules: Mapping[str, str]
    limits: Mapping[str, Limit]
    id_widths: Mapping[str, Mapping[str, int]]
    admitted: frozenset[str] = frozenset()

    def columns(self, feed: Feed) -> tuple[Column, ...]:
        """A feed's columns as this layout's files hold them."""
        widths = self.id_widths.get(feed.name)
        if not widths:
            return feed.columns
        return tuple(replace(one, width=widths.get(one.name, 0)) for one in feed.columns)

    def level(self, feed: str, amount: str, claim_type: str) -> str:
        """'line' or 'header': where one amount of one claim type lives."""
        levels = self.money_level.get(feed, {}).get(amount, {"default": "line"})
        return levels.get(claim_type, levels["default"])

    def in_form(self, is_table: bool) -> Layout:
        """The layout of a delivered file. A table (Parquet) has commas and no trailer: its footer
        says how many rows there are."""
        if not is_table or "parquet" not in self.containers:
            return self
        options = self.options.of_table() if self.reader else self.options
        return replace(self, delimiter=",", trailer=None, options=options)


def _places(folder: str) -> list[Path]:
    """Where contracts of a kind lie; a name of the product's own cannot be taken by another."""
    own = os.environ.get(OWN_LAYOUTS) if folder == "layouts" else None
    return [CONTRACTS / folder, *([Path(own)] if own else [])]


def _open(folder: str, name: str) -> Node:
    paths = [place / f"{name}.yml" for place in _places(folder)]
    path = next((path for path in paths if path.is_file()), None)
    if not name.isidentifier() or path is None:
        raise UnknownContractError(f"{folder}/{name}", "file", "no such contract")
    return Node(path.name, "", yaml.safe_load(path.read_text(encoding="utf-8")))


MARKS = ("id", "coded")


def _column(node: Node) -> Column:
    node.only(
        "name", "type", "required", "required_when", "values", "max_length", "kept_in",
        "description", *MARKS,
    )  # fmt: skip
    kind = node.choice("type", TYPES)
    if kind != "text" and any(key in node.value for key in ("values", "max_length", *MARKS)):
        raise node.fail("type", "only text takes values, max_length, id and coded")
    condition = node.optional("required_when", dict, None)
    return Column(
        name=node.get("name", str),
        type=kind,
        description=node.get("description", str),
        required=node.optional("required", bool, False),
        required_when=next(iter(condition.items())) if condition else None,
        values=node.names("values") if "values" in node.value else (),
        max_length=node.optional("max_length", int, TEXT_LIMIT),
        is_id=node.optional("id", bool, False),
        coded=node.optional("coded", bool, False),
        kept_in=node.choice("kept_in", PLACES) if "kept_in" in node.value else "raw",
    )


def parse_feed(contract: str, document: Any) -> Feed:
    """A feed contract from its parsed YAML. Raises ContractError."""
    node = Node(contract, "", document)
    node.only(
        "feed", "description", "control_column", "member_columns", "claim_column",
        "service_date_columns", "service_end_columns", "change_entity", "introduces_person",
        "dates_together", "link_key", "columns", "rules",
    )  # fmt: skip
    entries = enumerate(node.get("columns", list), 1)
    columns = tuple(_column(Node(contract, f"columns[{at}]", entry)) for at, entry in entries)
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise node.fail("columns", "a name appears twice")
    for column in columns:
        if column.required_when and column.required_when[0] not in names:
            raise node.fail(f"columns.{column.name}", "required_when names an unknown column")
    return Feed(
        name=node.get("feed", str),
        description=node.get("description", str),
        columns=columns,
        control_column=_known(node, "control_column", names),
        member_columns=node.names("member_columns", names),
        claim_column=_known(node, "claim_column", names),
        service_date_columns=node.names("service_date_columns", names),
        service_end_columns=node.names("service_end_columns", names),
        change_entity=node.choice(
            "change_entity", ("claim_family", "claim_payment", "person", "case", "none")
        ),
        introduces_person=node.get("introduces_person", bool),
        dates_together=node.optional("dates_together", bool, False),
        rules=parse_rules(
            node.optional("rules", list, []), contract, {one.name: one.type for one in columns}
        ),
        link_key=_known(node, "link_key", names) if "link_key" in node.value else None,
    )


def _known(node: Node, key: str, names: list[str]) -> str | None:
    value = node.get(key, (str, type(None)))
    if value is not None and value not in names:
        raise node.fail(key, "names an unknown column")
    return value


def parse_layout(contract: str, document: Any) -> Layout:
    """A layout contract from its parsed YAML. Raises ContractError."""
    node = Node(contract, "", document)
    reader = node.optional("reader", str, None)
    node.only(*COMMON, *(READ if reader else FLAT))
    node.choice("encoding", ("utf-8",))
    decimals = node.node("decimals")
    decimals.only("max_fraction", "beyond")
    decimals.choice("beyond", ("quarantine",))
    feeds = node.names("feeds", feed_names())
    return Layout(
        name=node.get("layout", str),
        description=node.get("description", str),
        feeds=feeds,
        containers=node.names("containers", CONTAINERS),
        max_fraction=decimals.get("max_fraction", int),
        money_level=_money_levels(node.node("money_level")),
        versions=_versions(node.node("versions")),
        links=_words(node, "links", feeds, LINKS),
        denials=_words(node, "denials", feeds),
        absence=_words(node, "absence", feeds, ABSENCE),
        line_limit=node.optional("line_limit", int, LINE_LIMIT),
        row_rules=_row_rules(node, feeds),
        limits=_limits(node),
        id_widths=_id_widths(node, feeds),
        **(_read(node, reader) if reader else _flat(node)),
    )


def _read(node: Node, reader: str) -> dict[str, Any]:
    """What a layout with a reader says; the canonical dialect of its rows is not the sender's."""
    from ingestion.readers import load_reader, reader_names

    node.choice("reader", reader_names())
    return {
        "reader": reader,
        "options": load_reader(reader).options(node.node("options")),
        "delimiter": ",",
        "quote": '"',
        "trailer": None,
        "unused_columns": {},
        "ignores_unknown": True,
        "aliases": {},
        "recognised_by": (),
    }


def _flat(node: Node) -> dict[str, Any]:
    """What a layout of canonical rows says."""
    dialect = node.node("dialect")
    dialect.only("delimiter", "quote", "newlines", "newline_in_field")
    dialect.names("newlines", ("lf", "crlf"))
    dialect.choice("newline_in_field", ("refuse",))
    header = node.node("header")
    _check_header(header)
    unused = node.node("unused_columns")
    return {
        "reader": None,
        "options": None,
        "delimiter": dialect.choice("delimiter", (",", "|", ";", "\t")),
        "quote": dialect.choice("quote", ('"',)),
        "trailer": _trailer(node.node("trailer")),
        "unused_columns": {feed: unused.names(feed) for feed in unused.value},
        "ignores_unknown": header.value["unknown_column"] == "ignore",
        "aliases": _aliases(node),
        "recognised_by": node.names("recognised_by"),
    }


def _words(
    node: Node, key: str, feeds: tuple[str, ...], allowed: tuple[str, ...] | None = None
) -> dict[str, str]:
    """feed -> text, or one of a closed list of words. The key may be left out."""
    if key not in node.value:
        return {}
    entry = node.node(key)
    entry.only(*feeds)
    return {
        str(feed): entry.choice(feed, allowed) if allowed else entry.get(feed, str)
        for feed in entry.value
    }


def _row_rules(node: Node, feeds: tuple[str, ...]) -> dict[str, str]:
    if "row_rules" not in node.value:
        return {}
    entry = node.node("row_rules")
    entry.only("default", *(rule.name for feed in feeds for rule in load_feed(feed).rules))
    return {str(name): entry.choice(name, ACTIONS) for name in entry.value}


def _limits(node: Node) -> Mapping[str, Limit]:
    if "limits" not in node.value:
        return LIMITS
    entry = node.node("limits")
    return {code: _limit(limit) for code, limit in entry.nodes()}


def _limit(node: Node) -> Limit:
    node.only("share", "rows")
    try:
        share = Decimal(node.get("share", str))
    except InvalidOperation:
        share = Decimal(1)
    if not 0 <= share < 1:
        raise node.fail("share", "is not a share below 1, in quotes")
    return Limit(share, node.optional("rows", int, 1))


def _id_widths(node: Node, feeds: tuple[str, ...]) -> dict[str, dict[str, int]]:
    if "id_widths" not in node.value:
        return {}
    entry = node.node("id_widths")
    entry.only(*feeds)
    found = {}
    for feed, widths in entry.nodes():
        widths.only(*(column.name for column in load_feed(feed).columns if column.is_id))
        found[feed] = {str(name): widths.get(name, int) for name in widths.value}
    return found


def _check_header(node: Node) -> None:
    """The one way of matching headers that exists; a contract that asks for another is wrong."""
    node.only("match", "ignore_case", "unknown_column")
    node.choice("match", ("by_name",))
    node.choice("unknown_column", ("refuse", "ignore"))
    if node.get("ignore_case", bool) is not True:
        raise node.fail("ignore_case", "only true is supported")


def _aliases(node: Node) -> dict[str, dict[str, str]]:
    if "aliases" not in node.value:
        return {}
    found = {}
    for feed, entry in node.node("aliases").nodes():
        names = load_feed(feed).names
        found[feed] = {str(old): entry.choice(old, names) for old in entry.value}
    return found


def _trailer(node: Node) -> str | None:
    node.only("first_field", "required")
    first = node.get("first_field", (str, type(None)))
    if node.get("required", bool) is not (first is not None):
        raise node.fail("required", "a trailer that is named is required, and only then")
    return first


def _money_levels(node: Node) -> dict[str, dict[str, dict[str, str]]]:
    levels: dict[str, dict[str, dict[str, str]]] = {}
    for feed, amounts in node.nodes():
        money = [column.name for column in load_feed(feed).columns if column.type == "money"]
        amounts.only(*money)
        levels[feed] = {amount: _levels(entry) for amount, entry in amounts.nodes()}
    return levels


def _levels(node: Node) -> dict[str, str]:
    node.get("default", str)
    return {key: node.choice(key, ("line", "header")) for key in node.value}


def _versions(node: Node) -> dict[str, dict[str, tuple[str, ...]]]:
    versions: dict[str, dict[str, tuple[str, ...]]] = {}
    for feed, entry in node.nodes():
        entry.only("family", "order")
        names = load_feed(feed).names
        versions[feed] = {key: entry.names(key, names) for key in ("family", "order")}
    return versions


@cache
def feed_names() -> tuple[str, ...]:
    """Names of all feed contracts, in alphabetical order."""
    return tuple(sorted(path.stem for path in (CONTRACTS / "feeds").glob("*.yml")))


@cache
def layout_names() -> tuple[str, ...]:
    """Names of all layout contracts, in alphabetical order."""
    return tuple(sorted({path.stem for at in _places("layouts") for path in at.glob("*.yml")}))


@cache
def load_feed(name: str) -> Feed:
    """The feed contract of that name. Raises ContractError."""
    node = _open("feeds", name)
    return parse_feed(node.contract, node.value)


@cache
def load_layout(name: str) -> Layout:
    """The layout contract of that name. Raises ContractError."""
    node = _open("layouts", name)
    return parse_layout(node.contract, node.value)
