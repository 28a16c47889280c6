"""Whatever order and form the files come in, one hash over every row that readers see.

Everything is delivered at once, in shuffled order over several nights, and again in other bytes
(renamed, packed, split, joined, with other line ends), each to an installation of its own. The last
night is the first of a month, so that every course ends with a basis of the same files.
SOAK=1: 20 orders, the first over 14 nights and the others over two.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from evaluation.estimates import write_estimates
from pipeline import night
from pipeline.settings import Settings
from pipeline.transform import run_layer
from tests.e2e.deliveries import Delivery, deliveries, in_other_bytes, put
from tests.worlds import installation
from warehouse import connection, mart_contract

SOAK = bool(os.environ.get("SOAK"))
pytestmark = [
    pytest.mark.night,
    pytest.mark.warehouse,
    # `test_history` splits and joins nights in every run of the suite
    pytest.mark.skipif(not SOAK, reason="installations of their own: make soak"),
]

WHO = "northlake"
LAST = date(2026, 8, 1)
ORDERS = 20

Rows = dict[str, list[str]]


def run(settings: Settings, as_of: date) -> None:
    """One night; before the last one a gate may rightly hold back what half of the files say."""
    try:
        for _ in night.run_night(settings, WHO, as_of):
            pass
    except night.GateBlocked:
        if as_of == LAST:
            raise


def seen(settings: Settings, schema: str = "bi") -> Rows:
    """Every row of every mart as sorted JSON text; people by the payor's number for them."""
    relations = {r.name: sorted(r.columns) for r in mart_contract.load()[1]}
    with connection.connect(settings) as conn:
        people = dict(conn.execute("select person_key::text, member_id from vault.person"))
    login = connection.connect_login(settings, f"bi_{WHO}") if schema == "bi" else None
    with login or connection.connect(settings, "transformer") as conn:
        return {
            name: sorted(_rows(conn, schema, name, columns, people))
            for name, columns in relations.items()
        }


def _rows(
    conn: psycopg.Connection,
    schema: str,
    relation: str,
    columns: list[str],
    people: dict[str, str],
) -> Iterator[str]:
    statement = f"select {', '.join(columns)} from {schema}.{relation}"
    for row in psycopg.Cursor(conn).execute(statement.encode()):
        yield "|".join(people.get(str(value), str(value)) for value in row)


def digest(rows: Rows) -> str:
    text = "\n".join(f"{name}:{row}" for name, found in rows.items() for row in found)
    return hashlib.sha256(text.encode()).hexdigest()


def moved(one: Rows, two: Rows) -> dict[str, int]:
    """Relations that differ -> rows of the first that the second lacks, and the other way round."""
    return {name: len(set(one[name]) ^ set(two[name])) for name in one if one[name] != two[name]}


@pytest.fixture(scope="module")
def sent(small_world: Path) -> list[Delivery]:
    return deliveries(small_world, WHO)


@pytest.fixture(scope="module")
def at_once(
    small_world: Path, sent: list[Delivery], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Rows, list[Delivery]]:
    """What readers see after one night with everything, and the files that were sound."""
    with installation(tmp_path_factory.mktemp("at_once"), small_world, WHO) as settings:
        put(settings, WHO, sent)
        run(settings, LAST)
        with connection.connect(settings) as conn:
            sound = {
                row[0]
                for row in conn.execute(
                    "select file_sha256 from ops.receipt where state = 'loaded' and quarantined = 0"
                )
            }
        rows = seen(settings)
    whole = [f for f in sent if hashlib.sha256(f.content).hexdigest() in sound]
    assert len(whole) > 10 and all(rows.values())
    return rows, whole


def shuffled(files: list[Delivery], seed: int, nights: int) -> list[list[Delivery]]:
    """The files in a random order, over so many nights."""
    rng = random.Random(seed)
    mixed = rng.sample(files, len(files))
    return [mixed[n::nights] for n in range(nights)]


def rebuilt(settings: Settings) -> Rows:
    """The marts of the last night again, every model from nothing."""
    run_layer(settings, WHO, "claims_cases", full_refresh=True)
    run_layer(settings, WHO, "facts", full_refresh=True)
    with connection.connect(settings, "transformer") as conn:
        write_estimates(conn, WHO)
    run_layer(settings, WHO, "aggregates", full_refresh=True)
    return seen(settings, f"work_{WHO}")


@pytest.mark.parametrize("seed", range(ORDERS))
def test_any_order_any_nights_and_a_rebuild_give_one_hash(
    seed: int,
    small_world: Path,
    sent: list[Delivery],
    at_once: tuple[Rows, list[Delivery]],
    tmp_path: Path,
) -> None:
    expected, _ = at_once
    nights = 14 if seed == 0 else 2
    with installation(tmp_path, small_world, WHO) as settings:
        for number, files in enumerate(shuffled(sent, seed, nights), start=1):
            put(settings, WHO, files)
            run(settings, LAST - timedelta(days=nights - number))
        increments = seen(settings)
        again = rebuilt(settings)
    assert moved(expected, increments) == {}
    assert moved(increments, again) == {}
    assert digest(expected) == digest(increments) == digest(again)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_rows_in_other_bytes_change_nothing(
    seed: int,
    small_world: Path,
    sent: list[Delivery],
    at_once: tuple[Rows, list[Delivery]],
    tmp_path: Path,
) -> None:
    expected, whole = at_once
    again = in_other_bytes(whole, seed)
    assert len(again) > len(whole) // 2
    with installation(tmp_path, small_world, WHO) as settings:
        put(settings, WHO, random.Random(seed).sample([*sent, *again], len(sent) + len(again)))
        run(settings, LAST)
        found = seen(settings)
        with connection.connect(settings) as conn:
            states = dict(conn.execute("select state, count(*) from ops.receipt group by state"))
    assert states["loaded"] > len(whole)
    assert moved(expected, found) == {}
    assert digest(expected) == digest(found)
