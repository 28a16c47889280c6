"""Rows that name a person: identifiers to `vault.identity`, the rest to the raw table.

Such rows are copied into a temporary table with all columns first and parted from there, in the
load's own transaction. Files without a single identifier go straight into their raw table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg2 import sql

from ingestion.contract import Feed, load_feed
from ingestion.touched import PERSON

PLACE = ("receipt_id", "record_no", "expansion_no")
# Feeds that introduce persons name them like this; see `touched`.
MEMBER = PERSON.replace("raw.", "sent.")


def identifies(feed: Feed, columns: Iterable[str]) -> bool:
    """Whether rows with these columns have to be parted."""
    return feed.link_key is not None or not set(feed.vault_names).isdisjoint(columns)


def target(cursor: Any, schema: str, feed: Feed, columns: Iterable[str]) -> sql.Identifier:
    """The table to copy a file's rows into: the raw table, or one that `separate` empties later.

    columns: canonical columns the rows fill.
    """
    if not identifies(feed, columns):
        return sql.Identifier(schema, feed.name)
    types = {"date": "date"}
    extra = [
        sql.SQL("{} {}").format(
            sql.Identifier(name), sql.SQL(types.get(feed.column(name).type, "text"))
        )
        for name in feed.vault_names
    ]
    statement = sql.SQL(
        "create temporary table if not exists {} (like {} including defaults, {}) on commit drop"
    ).format(_incoming(feed), sql.Identifier(schema, feed.name), sql.SQL(", ").join(extra))
    cursor.execute(statement)
    return _incoming(feed)


def separate(cursor: Any, schema: str, names: Iterable[str]) -> None:
    """Moves what waits in the temporary tables of these feeds to where it belongs."""
    for name in names:
        feed = load_feed(name)
        if not feed.vault_names:
            continue
        if not _is_used(cursor, feed):
            continue
        _keep_rows(cursor, schema, feed)
        _keep_identities(cursor, schema, feed)


def described(cursor: Any, schema: str, feed: Feed) -> sql.Composable:
    """The rows of a load, with every identifier they came with, until it commits."""
    if _is_used(cursor, feed):
        return _incoming(feed)
    nothing = sql.SQL(", ").join(
        sql.SQL("null::text as {}").format(sql.Identifier(name)) for name in feed.vault_names
    )
    table = sql.Identifier(schema, feed.name)
    return sql.SQL("(select *, {} from {}) as rows").format(nothing, table)


def _is_used(cursor: Any, feed: Feed) -> bool:
    cursor.execute("select to_regclass(%s)", (f"pg_temp.incoming_{feed.name}",))
    return cursor.fetchone()[0] is not None


def _incoming(feed: Feed) -> sql.Identifier:
    return sql.Identifier(f"incoming_{feed.name}")


def _keep_rows(cursor: Any, schema: str, feed: Feed) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, (*PLACE, *feed.raw_names)))
    statement = sql.SQL("insert into {} ({}) select {} from {}").format(
        sql.Identifier(schema, feed.name), columns, columns, _incoming(feed)
    )
    cursor.execute(statement)


def _keep_identities(cursor: Any, schema: str, feed: Feed) -> None:
    """One row per row that identifies somebody; a row to be linked counts even if it does not."""
    telling = sql.SQL(", ").join(_filled(feed, name) for name in feed.vault_names)
    wanted: sql.Composable = sql.SQL("num_nonnulls({}) > 0").format(telling)
    key, member, order = sql.SQL(MEMBER), sql.SQL("null"), sql.SQL("0")
    if feed.link_key:
        key = sql.SQL(f"sent.{feed.link_key}")
        member, order = sql.SQL("nullif(sent.member_id, '')"), sql.SQL("sent.sender_sequence")
        wanted = sql.SQL("{} or {} is null").format(wanted, member)
    statement = sql.SQL(
        """
        insert into vault.identity (
            payor_id, feed, {place}, source_key, version_order, member_id, {columns}
        )
        select %(payor)s, %(feed)s, {place}, {key}, {order}, {member}, {values}
        from {incoming} as sent
        where {wanted}
        """
    ).format(
        place=sql.SQL(", ").join(map(sql.Identifier, PLACE)),
        columns=sql.SQL(", ").join(map(sql.Identifier, feed.identifiers)),
        values=sql.SQL(", ").join(_filled(feed, name) for name in feed.identifiers),
        key=key,
        member=member,
        order=order,
        incoming=_incoming(feed),
        wanted=wanted,
    )
    cursor.execute(statement, {"payor": schema.removeprefix("raw_"), "feed": feed.name})


def _filled(feed: Feed, name: str) -> sql.Composed:
    """The column; an empty text is none."""
    template = "sent.{}" if feed.column(name).type == "date" else "nullif(sent.{}, '')"
    return sql.SQL(template).format(sql.Identifier(name))
