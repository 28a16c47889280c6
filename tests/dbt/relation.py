"""Cases straight into the tables that the relation reads, and the relation's answer for each.

The models run as in a night, for the payor of the unit tests, whose own tables are empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.rows import dict_row

from pipeline.settings import Settings
from pipeline.transform import read_results, run_dbt
from tests.dbt.conftest import FIXTURE
from tests.spec.diagnosis_reading import Code, Diagnosis, Tables, normal
from tests.spec.diagnosis_reference import Verdict, judge
from warehouse.connection import connect

MODELS = ("code", "side", "crosswalk", "pair", "relation")
DAY = date(2024, 1, 31)
# SQL column -> attribute of the reference's verdict
COLUMNS = {
    "relation": "relation",
    "machine_class": "machine_class",
    "comparison_depth": "depth",
    "undetermined_reason": "reason",
    "minimum_grade": "grade",
    "class_harmonised": "harmonised",
    "is_rank_swap": "rank_swap",
    "is_less_specific": "less_specific",
    "is_laterality_mismatch": "laterality_mismatch",
    "is_cross_variant": "cross_variant",
    "is_undifferentiated_at_referral": "undifferentiated",
    "is_added_diagnosis": "added_dx",
    "is_behaviour_flip": "flip",
    "is_always_double_read": "double_read",
    "is_suspected": "suspected",
}


@dataclass(frozen=True)
class Case:
    """Diagnoses of both opinions, the primary first."""

    key: str
    initial: tuple[Diagnosis, ...]
    final: tuple[Diagnosis, ...]
    insufficient: bool = False
    unsupported: bool = False


def fill(conn: psycopg.Connection, cases: Iterable[Case]) -> None:
    """Replace the cases of the unit tests' payor."""
    empty(conn)
    cursor = conn.cursor()
    cases = list(cases)
    with cursor.copy(copy("int_touched_case", "payor_id, case_key, t0")) as rows:
        for case in cases:
            rows.write_row((FIXTURE, case.key, DAY))
    names = "case_key, is_insufficient_information, is_unsupported"
    with cursor.copy(copy("int_case", names)) as rows:
        for case in cases:
            rows.write_row((case.key, case.insufficient, case.unsupported))
    columns = "case_key, opinion, diagnosis_rank, diagnosis_code, code_system, diagnosis_date"
    with cursor.copy(copy("int_case_diagnosis", columns)) as rows:
        for case in cases:
            for opinion, side in (("initial", case.initial), ("final", case.final)):
                for rank, row in enumerate(side, start=1):
                    code = normal(row.code)
                    rows.write_row((case.key, opinion, rank, code, row.system, row.on))
    # as after a night's build
    for name in ("int_touched_case", "int_case", "int_case_diagnosis"):
        conn.execute(f"analyze work_{FIXTURE}.{name}".encode())


def copy(relation: str, columns: str) -> str:
    return f"copy work_{FIXTURE}.{relation} ({columns}) from stdin"


def empty(conn: psycopg.Connection) -> None:
    """Leave nothing behind for the unit tests."""
    names = ["int_touched_case", "int_case", "int_case_diagnosis"]
    names += [f"int_diagnosis_{name}" for name in MODELS if name != "pair"]
    for name in names:
        conn.execute(f"delete from work_{FIXTURE}.{name}".encode())


def build(settings: Settings) -> None:
    """Run the relation's models."""
    target = settings.dbt_dir(FIXTURE, "relation")
    select = [f"int_diagnosis_{name}" for name in MODELS]
    code = run_dbt(settings, FIXTURE, target, ["run", "--select", *select])
    statuses = read_results(target)
    assert code == 0, statuses
    assert statuses is not None and len(statuses) == len(MODELS)


def answers(conn: psycopg.Connection) -> dict[str, Verdict]:
    """What the models say, by case."""
    names = ", ".join(f"{column} as {name}" for column, name in COLUMNS.items())
    statement = f"select case_key, {names} from work_{FIXTURE}.int_diagnosis_relation"
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement.encode()).fetchall()
    return {row.pop("case_key"): Verdict(**row) for row in rows}


def answers_count(conn: psycopg.Connection) -> dict[str, int]:
    """Cases by class."""
    statement = (
        f"select machine_class, count(*) from work_{FIXTURE}.int_diagnosis_relation group by 1"
    )
    return dict(conn.execute(statement.encode()).fetchall())


def compare(settings: Settings, cases: list[Case]) -> dict[str, tuple[Verdict | None, Verdict]]:
    """Cases on which the models and the reference disagree: (models, reference)."""
    with connect(settings) as conn:
        fill(conn, cases)
    build(settings)
    with connect(settings) as conn:
        found, tables = answers(conn), facts(conn)
        empty(conn)
    expected = {case.key: expectation(case, tables) for case in cases}
    return {k: (found.get(k), v) for k, v in expected.items() if found.get(k) != v}


def expectation(case: Case, tables: Tables) -> Verdict:
    """What the reference says of a case."""
    sides = list(case.initial), list(case.final)
    return judge(*sides, tables, case.insufficient, case.unsupported)


def facts(conn: psycopg.Connection) -> Tables:
    """What the loaded reference data says of single codes."""
    tables = Tables(codes={})
    for system, code, concept, side, unspecified, header, first, last in conn.execute(
        "select code_system, code, concept_code, laterality, is_unspecified, is_header,"
        " valid_from, coalesce(valid_to, '9999-12-31') from reference.diagnosis_code"
    ):
        entry = Code(concept, side, unspecified, header, first, last)
        tables.codes.setdefault((system, code), []).append(entry)
    for code, group, body in conn.execute(
        "select code, coalesce(default_op, default_ip, ''), coalesce(body_system, '')"
        " from reference.ccsr join reference.release using (release)"
        " where kind = 'ccsr-dx' and is_current"
    ):
        tables.ccsr[code] = (group, body)
    for system, old, new, until, since in conn.execute(
        "select code_system, from_code, to_code, from_until, to_since from reference.code_bridge"
    ):
        tables.bridge[system, old, new] = (until, since)
    for system, code, other, meant in conn.execute(
        "select from_system, from_code, to_system, to_code from reference.crosswalk"
    ):
        tables.crosswalk.setdefault((system, code, other), set()).add(meant)
    _small(conn, tables)
    return tables


def _small(conn: psycopg.Connection, tables: Tables) -> None:
    statement = "select category from reference.category_exception where reason <> 'meaning_drift'"
    tables.lonely = {row[0] for row in conn.execute(statement)}
    tables.sites = dict(
        conn.execute("select code_prefix, body_site from reference.diagnosis_site").fetchall()
    )
    for prefix, family in conn.execute(
        "select code_prefix, family_id from reference.family_indication"
    ):
        tables.families.setdefault(prefix, set()).add(family)
    for system, letter, subject, meaning in conn.execute(
        "select code_system, suffix, subject, meaning from reference.code_suffix"
    ):
        tables.suffixes.setdefault(system, {})[letter] = (subject, meaning)
    for system, first, last in conn.execute(
        "select kind, valid_from, coalesce(valid_to, '9999-12-31')"
        " from reference.release where is_complete"
    ):
        tables.complete.setdefault(system, []).append((first, last))
