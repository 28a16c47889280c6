"""Nights after small events: a first diagnosis in another code system, a withdrawal and its undo.

All nights have one date, so that nothing but the events moves a figure. Four nights: everything;
a new case, and a rebuild; a file of claims withdrawn; then that file again, and the case withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import steward
from pipeline.settings import Settings
from reports.figures import figures
from reports.source import reader_role
from simulation import simulate
from tests.e2e.deliveries import Delivery, deliveries, put
from tests.e2e.test_orders import LAST, SOAK, WHO, Rows, digest, moved, rebuilt, run, seen
from tests.warehouse.codebook.conftest import FILES
from tests.worlds import installation
from warehouse import connection, release
from warehouse.codebook import look_up
from warehouse.codebook.load import load

pytestmark = [
    pytest.mark.night,
    pytest.mark.warehouse,
    pytest.mark.skipif(not SOAK, reason="four nights of an installation of its own: make soak"),
]

SYSTEM = "icd-10-am"
NEW = "NL-NEW0001"
DECISION = steward.Decision("ada", datetime(2026, 8, 1, tzinfo=UTC), "asked by the sender")


@dataclass(frozen=True)
class After:
    """One night: what readers see, its release, and the cases and dbt options of its build."""

    rows: Rows
    release_id: int
    restates: tuple[str, ...]
    cases: int
    touched: set[str]
    full_refresh: dict[str, bool]


@dataclass(frozen=True)
class Alone:
    """The new case in a night of its own, and the marts built again from nothing."""

    night: After
    rebuild: Rows


@dataclass(frozen=True)
class Story:
    """The nights in their order; before, after: what the first release answers, either side."""

    settings: Settings
    first: After
    alone: Alone
    withdrawn: After
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    restored: After


def night(settings: Settings) -> After:
    run(settings, LAST)
    with connection.connect(settings, "publisher") as conn:
        done = release.current_run(conn, WHO)
        head = release.releases(conn, WHO)[-1]
    assert done.state == "published"
    with connection.connect(settings, "transformer") as conn:
        touched = conn.execute(f"select case_key from work_{WHO}.int_work_case".encode()).fetchall()
        row = conn.execute(f"select count(*) from work_{WHO}.int_case".encode()).fetchone()
    assert row is not None
    return After(
        seen(settings),
        head.release_id,
        done.restates,
        int(row[0]),
        {str(key) for (key,) in touched},
        {layer: was_whole(settings, layer) for layer in ("claims_cases", "facts")},
    )


def was_whole(settings: Settings, layer: str) -> bool:
    """Whether the layer's last build was a rebuild, as dbt recorded it."""
    results = json.loads((settings.dbt_dir(WHO, layer) / "run_results.json").read_text())
    return bool(results["args"].get("full_refresh", False))


def new_case(files: list[Delivery]) -> list[Delivery]:
    """A consultation like the last one delivered, its diagnoses in another code system."""
    by_name = {f.name: f.content.decode().splitlines() for f in files}
    consultations = by_name["consultation_20260701_01.csv"]
    diagnoses = by_name["consultation_diagnosis_20260701_01.csv"]
    last = consultations[-2]
    old = last.split(",")[0]
    again = [consultations[0], last.replace(old, NEW)]
    codes = [
        ",".join([NEW, opinion, "1", code, SYSTEM, "2026-01-05", "record", "1"])
        for opinion, code in (("initial", "C34.1"), ("final", "C34.9"))
    ]
    return [
        Delivery("consultation", "consultation_20260801_01.csv", text(again)),
        Delivery(
            "consultation_diagnosis",
            "consultation_diagnosis_20260801_01.csv",
            text([diagnoses[0], *codes]),
        ),
    ]


def text(lines: list[str]) -> bytes:
    rows = [*lines, f"#TRAILER,{len(lines) - 1},"]
    return ("\n".join(rows) + "\n").encode()


def receipts(settings: Settings, pattern: str) -> list[int]:
    """Loaded files whose feed is like the pattern, the largest first."""
    with connection.connect(settings) as conn:
        rows = conn.execute(
            """
            select receipt_id from ops.receipt
            where feed like %s and state = 'loaded'
            order by accepted desc, receipt_id
            """,
            (pattern,),
        ).fetchall()
    return [int(number) for (number,) in rows]


def answers(settings: Settings, number: int) -> list[dict[str, Any]]:
    """Headline figures of a release, whichever is visible."""
    with connection.connect(settings, reader_role(number)) as conn:
        return [figure.as_json() for figure in figures(conn, WHO, number)]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    world = tmp_path_factory.mktemp("worlds") / "steward"
    simulate(world, payors=1, members=300, nights=1, seed=5)
    sent = deliveries(world, WHO)
    with installation(tmp_path_factory.mktemp("steward"), world, WHO) as settings:
        with connection.connect(settings) as conn:
            load(conn, SYSTEM, "2025", Path(FILES / "icd_10_am.csv"))
        put(settings, WHO, sent)
        first = night(settings)
        before = answers(settings, first.release_id)
        claims, old = receipts(settings, "medical_claim")[0], receipts(settings, "consultation%")
        put(settings, WHO, new_case(sent))
        alone = Alone(night(settings), rebuilt(settings))
        with closing(connection.connect2(settings, role="loader")) as desk:
            steward.take_out(desk, WHO, claims, None, DECISION)
            withdrawn = night(settings)
            after = answers(settings, first.release_id)
            steward.put_back(desk, WHO, claims, None, DECISION)
            for receipt in set(receipts(settings, "consultation%")) - set(old):
                steward.take_out(desk, WHO, receipt, None, DECISION)
        yield Story(settings, first, alone, withdrawn, before, after, night(settings))


def test_a_new_code_system_restates_nothing(story: Story) -> None:
    added = story.alone.night
    assert added.restates == ()
    assert not any(added.full_refresh.values())
    assert any(NEW in row for row in added.rows["fct_second_opinion"])


def test_a_new_code_system_is_a_small_night_and_equals_a_rebuild(story: Story) -> None:
    """Only the new case's person is worked out again, and nothing else moves."""
    system, rebuild = story.alone.night, story.alone.rebuild
    assert 1 <= len(system.touched) <= 3 < story.first.cases
    facts = set(system.rows["fct_second_opinion"])
    assert len(facts - set(story.first.rows["fct_second_opinion"])) == 1
    assert moved(system.rows, rebuild) == {}
    assert digest(system.rows) == digest(rebuild)


def test_a_new_code_system_is_pinned_from_its_first_night(story: Story) -> None:
    with connection.connect(story.settings, "reporter") as conn:
        first = look_up.pinned(conn, WHO, story.first.release_id)
        system = look_up.pinned(conn, WHO, story.alone.night.release_id)
    assert SYSTEM not in first and list(system[SYSTEM]) == ["2025"]
    assert {kind: system[kind] for kind in first} == first


def test_a_withdrawal_moves_figures_and_is_in_the_restatement_log(story: Story) -> None:
    assert "mart_utilisation" in moved(story.first.rows, story.withdrawn.rows)
    with connection.connect(story.settings, "reporter") as conn:
        rows = conn.execute(
            "select distinct cause from ops.change where released_in = %s",
            (story.withdrawn.release_id,),
        ).fetchall()
        restated = conn.execute(
            "select sum(rows_opened), sum(rows_closed) from ops.restatement where release_id = %s",
            (story.withdrawn.release_id,),
        ).fetchone()
    assert ("steward",) in rows
    assert restated is not None and all(restated)


def test_an_earlier_release_answers_as_before(story: Story) -> None:
    assert story.after == story.before
    assert len(story.before) > 5


def test_a_restored_file_gives_the_first_figures(story: Story) -> None:
    assert moved(story.first.rows, story.restored.rows) == {}
    assert digest(story.restored.rows) == digest(story.first.rows)
    assert story.restored.release_id > story.withdrawn.release_id > story.first.release_id
