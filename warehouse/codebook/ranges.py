"""Write a dated list: one row per code and days on which everything said of it is the same.

A release says what holds on its days; on all other days the stored rows stay as they are. Ranges of
equal rows that touch are one range, so that a code that never changed is one row however many
releases were loaded, in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql

DATES = ("valid_from", "valid_to")


def merge(
    conn: psycopg.Connection,
    table: str,
    columns: Sequence[str],
    code_system: str,
    rows: Iterable[Sequence[object]],
    days: str,
) -> None:
    """Replace what `reference.<table>` says of a code system on some days by `rows`.

    rows: in the order of `columns`; each holds for its own dates, as far as they are in `days`.
    days: a date multirange as PostgreSQL writes it. Raises psycopg.Error on ranges that overlap.
    """
    target = sql.Identifier("reference", table)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    conn.execute(sql.SQL("create temp table incoming (like {}) on commit drop").format(target))
    with conn.cursor().copy(sql.SQL("copy incoming ({}) from stdin").format(names)) as copy:
        for row in rows:
            copy.write_row(row)
    _build(conn, target, columns, {"system": code_system, "days": days})
    _apply(conn, target, names, columns, code_system)
    conn.execute("drop table incoming, desired")
    conn.execute(sql.SQL("analyze {}").format(target))


def _build(
    conn: psycopg.Connection,
    target: sql.Identifier,
    columns: Sequence[str],
    values: dict[str, str],
) -> None:
    """`desired`: the rows as they shall stand."""
    facts = sql.SQL(", ").join(sql.Identifier(name) for name in columns if name not in DATES)
    picked = sql.SQL(", ").join(
        {
            "valid_from": sql.SQL("lower(days) as valid_from"),
            "valid_to": sql.SQL("upper(days) - 1 as valid_to"),
        }.get(name, sql.Identifier(name))
        for name in columns
    )
    statement = sql.SQL(
        """
        create temp table desired on commit drop as
        with

        piece as (
            select {facts},
                unnest(
                    datemultirange(daterange(valid_from, valid_to, '[]')) - {days}::datemultirange
                ) as days
            from {target}
            where code_system = {system}
            union all
            select {facts},
                unnest(
                    datemultirange(daterange(valid_from, valid_to, '[]')) * {days}::datemultirange
                )
            from incoming
        ),

        joined as (
            select {facts}, unnest(range_agg(days)) as days
            from piece
            group by {facts}
        )

        select {picked} from joined
        """
    )
    conn.execute(
        statement.format(
            target=target,
            facts=facts,
            picked=picked,
            days=sql.Literal(values["days"]),
            system=sql.Literal(values["system"]),
        )
    )
    conn.execute("analyze desired")


def _apply(
    conn: psycopg.Connection,
    target: sql.Identifier,
    names: sql.Composed,
    columns: Sequence[str],
    code_system: str,
) -> None:
    """Write what differs and nothing else."""
    same = sql.SQL(" and ").join(
        sql.SQL("stored.{0} is not distinct from desired.{0}").format(sql.Identifier(name))
        for name in columns
        if name not in ("code", "valid_from")
    )
    conn.execute(
        sql.SQL(
            """
            delete from {target} as stored
            where
                stored.code_system = {system}
                and not exists (
                    select 1 from desired
                    where
                        stored.code = desired.code
                        and stored.valid_from = desired.valid_from
                        and {same}
                )
            """
        ).format(target=target, system=sql.Literal(code_system), same=same)
    )
    conn.execute(
        sql.SQL(
            """
            insert into {target} ({names})
            select {names} from desired
            where not exists (
                select 1 from {target} as stored
                where
                    stored.code_system = desired.code_system
                    and stored.code = desired.code
                    and stored.valid_from = desired.valid_from
            )
            order by code, valid_from
            """
        ).format(target=target, names=names)
    )
