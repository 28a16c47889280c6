"""Readers during publishes: every answer is one release, whole, and none fails."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.settings import Settings
from tests.warehouse.conftest import Night
from warehouse import release
from warehouse.connection import connect, connect_login

PUBLISHES = 50
READERS = 6
CASES = ("a", "b", "c")
# Every relation repeats the night's number, so a mixture of two releases shows two numbers.
SINGLE = """
    select turnaround_days from bi.fct_second_opinion
    union
    select status_order from bi.fct_procedure_decision
    union
    select claim_line_number from bi.fct_case_claim
    union
    select (numerator / 3)::integer from bi.mart_cost_savings
"""
PARTS = tuple(part.strip() for part in SINGLE.split("union"))


@dataclass
class Reader:
    """One login that reads until told to stop. seen: the numbers of each answer."""

    settings: Settings
    payor: str
    is_single: bool
    stop: threading.Event
    seen: list[frozenset[int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self) -> None:
        try:
            with connect_login(self.settings, f"bi_{self.payor}") as conn:
                while not self.stop.is_set():
                    statements = (SINGLE,) if self.is_single else PARTS
                    numbers: set[int] = set()
                    for statement in statements:
                        numbers |= {int(n) for (n,) in conn.execute(statement.encode())}
                    conn.rollback()
                    self.seen.append(frozenset(numbers))
                    time.sleep(0.02)  # leave the publisher its share of two cores
        except Exception as error:
            self.errors.append(repr(error))


def _publish_many(night: Night) -> None:
    with connect(night.settings, "publisher") as conn:
        for number in range(2, PUBLISHES + 2):
            run = release.open_run(conn, night.payor, night.as_of + timedelta(days=number))
            run = release.seal_inputs(conn, run)
            _set_number(night, number)
            night.verdicts(run)
            release.publish(conn, run)


def _set_number(night: Night, number: int) -> None:
    schema = f"work_{night.payor}"
    with connect(night.settings, "transformer") as conn:
        for statement in (
            f"update {schema}.fct_second_opinion set turnaround_days = {number}",
            f"update {schema}.fct_procedure_decision set status_order = {number}",
            f"update {schema}.fct_case_claim set claim_line_number = {number}",
            f"update {schema}.mart_cost_savings set numerator = {3 * number}",
        ):
            conn.execute(statement.encode())


def test_no_reader_ever_sees_a_mixture(night: Night) -> None:
    night.whole(dict.fromkeys(CASES, 1))
    stop = threading.Event()
    readers = [Reader(night.settings, night.payor, n % 2 == 0, stop) for n in range(READERS)]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        _publish_many(night)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [reader.errors for reader in readers] == [[]] * READERS
    for reader in readers:
        assert len(reader.seen) >= 20
        assert {len(numbers) for numbers in reader.seen} == {1}
    everything = frozenset().union(*(n for reader in readers for n in reader.seen))
    assert len(everything) > PUBLISHES // 4
    assert night.seen() == dict.fromkeys(CASES, PUBLISHES + 1)
