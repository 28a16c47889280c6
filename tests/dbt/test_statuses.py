"""The models decide every proposal as the plain-Python reference does, on generated histories.

SOAK=1 tries many more.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline.settings import Settings
from tests.dbt.statuses import answers, compiled
from tests.generative.status_histories import Case, worlds
from tests.spec.status_reference import ORDER, Night, Verdict, judge
from warehouse.connection import connect

pytestmark = pytest.mark.warehouse
SOAK = os.environ.get("SOAK") == "1"
NIGHTS = [
    Night(date(2025, 6, 30), grain="day", blind=(("hip_arthroplasty", "too_few_intended"),)),
    Night(date(2027, 6, 30), runout=6, grain="day"),
    Night(date(2026, 4, 30), grain="quarter", blind=(("hip_arthroplasty", "intended_not_shown"),)),
    Night(date(2025, 1, 31), grain="month"),
]
SEEN: Counter[str] = Counter()


@pytest.fixture(scope="module")
def models(settings: Settings, empty_warehouse: Path) -> dict[str, str]:
    return compiled(settings)


@pytest.fixture(scope="module")
def owner(settings: Settings, models: dict[str, str]) -> Iterator[psycopg.Connection]:
    with connect(settings) as conn:
        yield conn
        conn.rollback()


def expected(cases: list[Case], night: Night) -> dict[tuple[str, int], Verdict]:
    return {
        (case.key, number): verdict
        for case in cases
        for number, verdict in judge(case.t0, case.person, list(case.proposals), night).items()
    }


@seed(20260701)
@effort(
    max_examples=400 if SOAK else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(cases=worlds(12), night=st.sampled_from(NIGHTS))
def test_models_and_reference_agree(
    owner: psycopg.Connection, models: dict[str, str], cases: list[Case], night: Night
) -> None:
    wanted = expected(cases, night)
    found = answers(owner, models, cases, night)
    SEEN.update(verdict.status for verdict in wanted.values())
    differing = {
        key: (found.get(key), wanted.get(key))
        for key in found.keys() | wanted.keys()
        if found.get(key) != wanted.get(key)
    }
    assert differing == {}


def test_the_histories_reach_every_status() -> None:
    """Runs after the comparison and looks at what it compared."""
    assert set(SEEN) == set(ORDER)


def test_order_of_claims_decides_nothing(owner: psycopg.Connection, models: dict[str, str]) -> None:
    @seed(7)
    @effort(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(worlds(8))
    def shuffled(cases: list[Case]) -> None:
        mixed = list(cases)
        random.Random(1).shuffle(mixed)
        night = NIGHTS[0]
        assert answers(owner, models, cases, night) == answers(owner, models, mixed, night)

    shuffled()
