"""A night of payors in the regions that the history does not have, one with a list from a file.

North America (ICD-10-CM), Europe (ICD-10-GM) and Asia-Pacific (ICD-10) run in the history; here run
the Middle East and Africa, Latin America, and a payor whose national code list was loaded from a
file, as a country's list has to be.
"""

from __future__ import annotations

import csv
import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, night
from pipeline.settings import Settings
from simulation import simulate
from tests.e2e.published import Published, published
from tests.worlds import deliver
from warehouse import payor
from warehouse.connection import connect

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
PAYORS = {
    "salam": ("middle_east_africa", "icd-10-who", "KWD"),
    "verdemar": ("latin_america", "icd-10-who", "BRL"),
    "alpenland": ("europe", "icd-10-gm", "EUR"),
}
COLUMNS = (
    "code",
    "label",
    "concept_code",
    "laterality",
    "is_symptom",
    "is_unspecified",
    "valid_from",
)


@pytest.fixture(scope="module")
def nights(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[dict[str, Any], Published]]:
    """payor -> (truth of the night, what was published)."""
    world = tmp_path_factory.mktemp("worlds") / "regions"
    simulate(world, payors=7, members=300, nights=1, seed=11)
    truth = json.loads((world / "truth.json").read_text())
    load_list(settings, world / "icd-10-gm.csv")
    date = truth["nights"][0]
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(lambda who: run(settings, world, who, date), PAYORS))
    return {
        who: (truth["payors"][who]["nights"][date], seen)
        for who, seen in zip(PAYORS, found, strict=True)
    }


def load_list(settings: Settings, path: Path) -> None:
    """A national list as its publisher might give it, taken in by the command line."""
    with connect(settings) as conn, path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(
            conn.execute(
                f"select {', '.join(COLUMNS)} from reference.diagnosis_code"
                " where code_system = 'icd-10-gm' order by code".encode()
            )
        )
    words = ["reference", "load", "--kind", "icd-10-gm", "--release", "2022", "--valid-from"]
    assert cli.main([*words, "2022-01-01", str(path)]) == 0


def run(settings: Settings, world: Path, who: str, date: str) -> Published:
    payor.add(settings, world / "payors" / f"{who}.yml")
    deliver(settings, world, date, who)
    for _ in night.run_night(settings, who, datetime.date.fromisoformat(date)):
        pass
    return published(settings, who)


@pytest.mark.parametrize("who", PAYORS)
def test_every_class_is_the_truth(
    nights: dict[str, tuple[dict[str, Any], Published]], who: str
) -> None:
    expected, seen = nights[who]
    assert len(expected["diagnosis"]) > 10
    assert seen.classes == expected["diagnosis"]


@pytest.mark.parametrize("who", PAYORS)
def test_the_payor_is_of_its_region(
    settings: Settings, nights: dict[str, tuple[dict[str, Any], Published]], who: str
) -> None:
    region, system, currency = PAYORS[who]
    assert nights[who][1].release["release_id"]
    with connect(settings, "publisher") as conn:
        found = conn.execute(
            "select region, currency_code from mart.dim_payor where payor_id = %s", (who,)
        ).fetchone()
        home = conn.execute(
            "select initial_code_system, count(*) from mart.fct_diagnosis_change"
            " where payor_id = %s and initial_code is not null group by 1 order by 2 desc",
            (who,),
        ).fetchone()
    assert found == (region, currency)
    assert home is not None and home[0] == system


def test_the_loaded_list_is_complete(
    settings: Settings, nights: dict[str, tuple[dict[str, Any], Published]]
) -> None:
    """A code the list does not have is invalid, not merely unknown."""
    with connect(settings, "publisher") as conn:
        reasons = conn.execute(
            "select distinct undetermined_reason from mart.fct_diagnosis_change"
            " where payor_id = 'alpenland'"
        ).fetchall()
    assert ("release_missing",) not in reasons
