"""The tables of `mart` and the views of `bi`, made from the contract.

Relations and columns are added; a changed type or a dropped column is refused, because published
rows never change: such a step needs a migration of its own.
"""

from __future__ import annotations

import psycopg

from pipeline.settings import Settings
from warehouse.connection import role_name
from warehouse.mart_contract import TOUCH_COLUMN, Relation, load
from warehouse.raw_tables import column_types
from warehouse.roles import bi_group

OURS = ("row_hash", "released_from", "released_to")

_VIEW = """
    create or replace view bi.{name} with (security_invoker = true) as
    select {columns}
    from mart.{name} as r
    inner join ops.release_pointer as p
        on r.payor_id = p.payor_id
        and r.released_from <= p.release_id
        and (r.released_to is null or r.released_to > p.release_id)
    where r.payor_id in (
        select l.payor_id from ops.bi_login as l where l.role_name = current_user
    )
"""


class MartDriftError(RuntimeError):
    """The stored relation does not fit the contract. Facts: relation, column, reason."""

    def __init__(self, relation: str, column: str, reason: str) -> None:
        super().__init__(f"E-MART-DRIFT {relation}.{column}: {reason}")
        self.relation, self.column, self.reason = relation, column, reason


def sync(settings: Settings, conn: psycopg.Connection) -> str:
    """Bring `mart` and `bi` to the contract; returns its version. Raises MartDriftError."""
    version, relations = load()
    roles = {
        "transformer": f'"{role_name(settings, "transformer")}"',
        "publisher": f'"{role_name(settings, "publisher")}"',
        "reporter": f'"{role_name(settings, "reporter")}"',
        "bi": f'"{bi_group(settings)}"',
    }
    for relation in relations:
        stored = column_types(conn, "mart", relation.name)
        if not stored:
            _create(conn, relation, roles)
        elif _extend(conn, relation, stored):
            _rehash(conn, relation)
        _register(conn, relation, version)
    _refuse_dropped(conn, {relation.name for relation in relations})
    conn.execute("update ops.installation set contract_version = %s", (version,))
    return version


def _create(conn: psycopg.Connection, relation: Relation, roles: dict[str, str]) -> None:
    name, key = relation.name, ", ".join(relation.key)
    columns = ",\n".join(
        f"{column} {kind}{' not null' if column in relation.key else ''}"
        for column, kind in relation.columns.items()
    )
    _run(
        conn,
        f"create table mart.{name} ({columns}, row_hash uuid not null,"
        " released_from bigint not null, released_to bigint,"
        f" primary key ({key}, released_from))",
        f"create unique index {name}_open on mart.{name} ({key}) where released_to is null",
    )
    if relation.is_by_case and TOUCH_COLUMN not in relation.key[:2]:
        _run(conn, f"create index {name}_case on mart.{name} (payor_id, {TOUCH_COLUMN})")
    _secure(conn, name, roles)
    _view(conn, relation)


def _secure(conn: psycopg.Connection, name: str, roles: dict[str, str]) -> None:
    readers = f"{roles['bi']}, {roles['reporter']}"
    tenant = "select l.payor_id from ops.bi_login as l where l.role_name = current_user"
    _run(
        conn,
        f"alter table mart.{name} enable row level security",
        f"alter table mart.{name} force row level security",
        f"create policy tenant on mart.{name} for select to {readers}"
        f" using (payor_id in ({tenant}))",
        f"create policy publish on mart.{name} to {roles['publisher']}, current_user"
        " using (true) with check (true)",
        # The transformer compares what is published with what the clock says now.
        f"create policy compare on mart.{name} for select to {roles['transformer']} using (true)",
        f"grant select on mart.{name} to {readers}, {roles['transformer']}",
        f"grant select, insert on mart.{name} to {roles['publisher']}",
        f"grant update (released_to) on mart.{name} to {roles['publisher']}",
    )


def _view(conn: psycopg.Connection, relation: Relation) -> None:
    columns = ", ".join(f"r.{name}" for name in relation.columns)
    _run(conn, _VIEW.format(name=relation.name, columns=columns))


def _extend(conn: psycopg.Connection, relation: Relation, stored: dict[str, str]) -> bool:
    """Add the contract's new columns; True if there were any."""
    for column, kind in stored.items():
        if column not in OURS and column not in relation.columns:
            raise MartDriftError(relation.name, column, "not in the contract any more")
        if column not in OURS and relation.columns[column] != kind:
            raise MartDriftError(relation.name, column, f"is {kind}")
    added = {name: kind for name, kind in relation.columns.items() if name not in stored}
    for name, kind in added.items():
        _run(conn, f"alter table mart.{relation.name} add column {name} {kind}")
    if added:
        _run(conn, f"drop view bi.{relation.name}")
        _view(conn, relation)
    return bool(added)


def _rehash(conn: psycopg.Connection, relation: Relation) -> None:
    """A new column must not make every row look changed."""
    expression = relation.hash_expression("r")
    _run(
        conn,
        "set local datestyle = 'iso, mdy'",
        f"update mart.{relation.name} as r set row_hash = {expression} where released_to is null",
    )


def _register(conn: psycopg.Connection, relation: Relation, version: str) -> None:
    conn.execute(
        """
        insert into ops.mart_contract values (%s, %s, %s, %s, %s)
        on conflict (relation) do update set
            key_columns = excluded.key_columns,
            columns = excluded.columns,
            touch_entity = excluded.touch_entity,
            contract_version = excluded.contract_version
        """,
        (relation.name, list(relation.key), list(relation.columns), relation.touch, version),
    )


def _refuse_dropped(conn: psycopg.Connection, names: set[str]) -> None:
    stored = {row[0] for row in conn.execute("select relation from ops.mart_contract")}
    for name in sorted(stored - names):
        raise MartDriftError(name, "*", "not in the contract any more")


def _run(conn: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        conn.execute(statement.encode())
