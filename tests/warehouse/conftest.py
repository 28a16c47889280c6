"""A small night without dbt: candidate tables filled by hand, verdicts written as the gates do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
import pytest

from pipeline.settings import Settings
from warehouse import mart_contract, release
from warehouse.connection import connect
from warehouse.payor_file import Payor

AS_OF = date(2026, 7, 1)


@dataclass
class Night:
    """Drives runs of one payor; `rows` are its cases with a number that the marts repeat."""

    settings: Settings
    payor: str
    as_of: date = AS_OF

    def work(
        self,
        cases: dict[str, int],
        touched: Iterable[str] | None = None,
        withheld: Iterable[str] = (),
    ) -> None:
        """Build the candidates: every relation carries every case (or one row) with its number."""
        schema = f"work_{self.payor}"
        with connect(self.settings, "transformer") as conn:
            for relation in mart_contract.load()[1]:
                columns = ", ".join(f"{n} {k}" for n, k in relation.columns.items())
                conn.execute(f"drop table if exists {schema}.{relation.name}".encode())
                conn.execute(f"create table {schema}.{relation.name} ({columns})".encode())
                numbers = cases if relation.is_by_case else {"all": sum(cases.values())}
                for key, number in numbers.items():
                    self._insert(conn, schema, relation, key, number)
            self._list(conn, "int_work_case", cases if touched is None else touched)
            self._list(conn, "int_withheld_case", withheld)

    def _list(self, conn: psycopg.Connection, name: str, keys: Iterable[str]) -> None:
        table = f"work_{self.payor}.{name}"
        conn.execute(f"drop table if exists {table}".encode())
        conn.execute(f"create table {table} (case_key text)".encode())
        with conn.cursor() as cursor:
            cursor.executemany(f"insert into {table} values (%s)".encode(), [(k,) for k in keys])

    def _insert(
        self,
        conn: psycopg.Connection,
        schema: str,
        relation: mart_contract.Relation,
        key: str,
        number: int,
    ) -> None:
        values = {
            name: self._value(relation, name, kind, key, number)
            for name, kind in relation.columns.items()
        }
        names = ", ".join(values)
        marks = ", ".join("%s" for _ in values)
        statement = f"insert into {schema}.{relation.name} ({names}) values ({marks})"
        conn.execute(statement.encode(), list(values.values()))

    def _value(
        self, relation: mart_contract.Relation, name: str, kind: str, key: str, number: int
    ) -> object:
        if name == "payor_id":
            return self.payor
        if kind == "text":
            return key if name in relation.key or name == "case_key" else "x"
        if kind == "date":
            return AS_OF
        if kind == "boolean":
            return True
        return number

    def open(self, seal: bool = True) -> release.Run:
        with connect(self.settings, "publisher") as conn:
            run = release.open_run(conn, self.payor, self.as_of)
            return release.seal_inputs(conn, run) if seal else run

    def verdicts(self, run: release.Run, but: str | None = None, **wrong: object) -> None:
        """PASS for every registered check; `wrong` replaces fields of the check `but`."""
        with connect(self.settings, "gatekeeper") as conn:
            conn.execute(
                """
                insert into ops.gate_result (
                    payor_id, run_epoch, check_id, verdict, rows_evaluated, rows_failed,
                    input_hash, register_hash
                )
                select %s, %s, c.check_id, 'PASS', c.min_rows, 0, %s, i.register_hash
                from ops.check_register as c
                cross join ops.installation as i
                """,
                (run.payor, run.epoch, run.input_hash),
            )
            for name, value in wrong.items():
                conn.execute(
                    f"update ops.gate_result set {name} = %s"
                    " where payor_id = %s and run_epoch = %s and check_id = %s".encode(),
                    (value, run.payor, run.epoch, but),
                )

    def publish(self, run: release.Run) -> release.PublishResult:
        with connect(self.settings, "publisher") as conn:
            return release.publish(conn, run)

    def change(self, key: str = "k") -> None:
        """Something a load would have left for the next release."""
        with connect(self.settings, "loader") as conn:
            conn.execute(
                "insert into ops.change (payor_id, entity, key, cause)"
                " values (%s, 'case', %s, 'steward')",
                (self.payor, key),
            )

    def whole(
        self,
        cases: dict[str, int],
        touched: Iterable[str] | None = None,
        withheld: Iterable[str] = (),
    ) -> release.PublishResult:
        """A complete night that publishes the cases."""
        self.change()
        run = self.open()
        self.work(cases, touched, withheld)
        self.verdicts(run)
        return self.publish(run)

    def seen(self) -> dict[str, int]:
        """case -> number that readers see now."""
        with connect(self.settings, "reporter") as conn:
            rows = conn.execute(
                "select case_key, turnaround_days from bi.fct_second_opinion where payor_id = %s",
                (self.payor,),
            )
            return {str(key): int(number) for key, number in rows}


@pytest.fixture
def night(settings: Settings, payor: Payor) -> Night:
    """Nights of a fresh payor."""
    return Night(settings, payor.payor_id)


@pytest.fixture
def blocking_check(settings: Settings) -> str:
    """Some check of the register that stops publication."""
    with connect(settings, "reporter") as conn:
        row = conn.execute(
            "select min(check_id) from ops.check_register where severity = 'S1'"
        ).fetchone()
    assert row is not None and row[0]
    return str(row[0])


@pytest.fixture(scope="module")
def two_payors(settings: Settings, add_payor: Callable[..., Payor]) -> tuple[str, str]:
    """Two payors with a published release each."""
    names = []
    for number in (1, 2):
        found = add_payor("tenant")
        Night(settings, found.payor_id).whole({"a": number, "b": number})
        names.append(found.payor_id)
    return names[0], names[1]
