"""`python -m benchmarks.relation [--cases N]`: class and grade of N pairs of diagnoses.

The whole ICD-10-CM, CCSR and ICD-9 crosswalk are loaded into an installation of its own, which is
deleted at the end. Cases are written straight into the tables that the relation reads: a few
thousand common codes make up most of them, as in life. Measured is dbt's run of the models, from
the diagnoses to the class, start-up included.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import psycopg

from benchmarks.ingest import installation
from pipeline.settings import Settings
from tests.dbt.conftest import build_empty
from tests.dbt.relation import Case, answers_count, build, fill
from tests.dbt.test_relation import generated
from tests.spec import codebooks
from warehouse.connection import connect


def main() -> None:
    """Load the lists, write the cases, class them; print seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    cases = parser.parse_args().cases
    with installation() as settings, tempfile.TemporaryDirectory() as folder:
        _measure(settings, Path(folder), cases)


def _measure(settings: Settings, folder: Path, cases: int) -> None:
    started = time.perf_counter()
    codebooks.load_all(settings, folder)
    loaded = time.perf_counter()
    print(f"loading ICD-10-CM, CCSR and the ICD-9 crosswalk: {loaded - started:.1f} s")
    build_empty(settings, folder, "+int_diagnosis_relation")
    with connect(settings) as conn:
        fill(conn, made(conn, cases))
        conn.commit()
        conn.autocommit = True
        conn.execute("vacuum analyze")
    started = time.perf_counter()
    build(settings)
    seconds = time.perf_counter() - started
    with connect(settings) as conn:
        classed = answers_count(conn)
    assert sum(classed.values()) == cases
    print(f"classing {cases:,} pairs: {seconds:.1f} s, {cases / seconds:,.0f} a second")
    print(", ".join(f"{name} {count:,}" for name, count in sorted(classed.items())))


def made(conn: psycopg.Connection, count: int) -> list[Case]:
    """Cases: pairs of all codes once in five, else pairs drawn from 20,000 common ones."""
    codes = conn.execute(
        "select distinct code_system, code from reference.diagnosis_code"
        " where not is_header and code_system = 'icd-10-cm' order by 1, 2"
    ).fetchall()
    common = generated(codes, 20_000, seed=1)
    rare = generated(codes, count // 5, seed=2)
    rng = random.Random(3)
    picked = rare + rng.choices(common, k=count - len(rare))
    return [
        Case(f"case-{n}", case.initial, case.final, case.insufficient)
        for n, case in enumerate(picked)
    ]


if __name__ == "__main__":
    main()
