"""A night of payors in the regions that the history does not have, two with a list from a file.

North America (ICD-10-CM), Europe (ICD-10-GM) and Asia-Pacific (ICD-10) run in the history; here run
the Middle East and Africa, Latin America, and Europe again. Two payors' national lists were loaded
from files, as a country's list has to be: ICD-10-GM with every column, and ICD-10-AM, of which
nothing ships, as a publisher lists it: code, title, release. The world writes no ICD-10-AM; its
subdivisions here are the international ones, so the truth of the renamed codes is the world's own.
"""

from __future__ import annotations

import csv
import datetime
import gzip
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, night
from pipeline.settings import Settings
from simulation import simulate
from tests.docs.queries import statements
from tests.e2e.published import Published, published
from tests.worlds import deliver
from warehouse import connection, payor
from warehouse.connection import connect

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
PAYORS = {
    "salam": ("middle_east_africa", "icd-10-am", "KWD"),
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
    load_publishers_list(settings, world / "icd-10-am.csv")
    date = truth["nights"][0]
    write_australian(world / "nights" / date / "salam")
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


def load_publishers_list(settings: Settings, path: Path) -> None:
    """Code with its dot, title and release: what no file says is derived from titles and rules."""
    with connect(settings) as conn, path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("code", "label", "release"))
        for code, label in conn.execute(
            "select code, label from reference.diagnosis_code"
            " where code_system = 'icd-10-who' order by code"
        ):
            dotted = code if len(code) == 3 else f"{code[:3]}.{code[3:]}"
            writer.writerow((dotted, label, "12"))
    words = ["reference", "load", "--kind", "icd-10-am", "--release", "12", "--valid-from"]
    assert cli.main([*words, "2019-07-01", str(path)]) == 0


def write_australian(delivery: Path) -> None:
    """The payor's files name ICD-10-AM where the world wrote the international list."""
    named = 0
    for path in sorted(delivery.rglob("*.gz")):
        text = gzip.decompress(path.read_bytes())
        named += text.count(b"icd-10-who")
        path.write_bytes(gzip.compress(text.replace(b"icd-10-who", b"icd-10-am"), mtime=0))
    assert named > 100


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


@pytest.mark.parametrize("who", ["alpenland", "salam"])
def test_the_loaded_list_is_complete(
    settings: Settings, nights: dict[str, tuple[dict[str, Any], Published]], who: str
) -> None:
    """A code the list does not have is invalid, not merely unknown."""
    with connect(settings, "publisher") as conn:
        reasons = conn.execute(
            "select distinct undetermined_reason from mart.fct_diagnosis_change"
            " where payor_id = %s",
            (who,),
        ).fetchall()
    assert ("release_missing",) not in reasons


def test_a_list_of_codes_and_titles_tells_the_classes_apart(
    nights: dict[str, tuple[dict[str, Any], Published]],
) -> None:
    """Symptoms and unspecified codes were derived: without them no class would be the truth's."""
    seen = set(nights["salam"][1].classes.values())
    assert seen >= {"confirmed", "refined", "changed"}


@pytest.mark.parametrize("statement", statements("diagnosis.md"))
def test_a_documented_query_answers_a_reader(
    settings: Settings, nights: dict[str, tuple[dict[str, Any], Published]], statement: str
) -> None:
    """As the payor's own readers ask; a query of rates has rows on any night with cases."""
    with connection.connect_login(settings, "bi_verdemar") as conn:
        found = conn.execute(statement.encode()).fetchall()
    if "from bi.mart_" in statement and not {"agreement", "is_comparable"} & set(
        re.findall(r"agreement|is_comparable", statement)
    ):
        assert found
