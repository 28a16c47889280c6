"""Cases straight into the tables that the statuses read, and the models' answer for each.

dbt compiles the models once; their SQL then runs inside one transaction per comparison, which is
rolled back, for the payor of the unit tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from pipeline.settings import Settings
from pipeline.transform import run_dbt
from tests.dbt.conftest import FIXTURE
from tests.generative.status_histories import Case
from tests.spec.status_reference import Night, Verdict

MODELS = (
    "int_case_coverage",
    "int_proposal_intent",
    "int_proposal_evidence",
    "int_induced_care",
    "int_proposal_status",
)
INPUTS = (
    "int_touched_case",
    "int_proposal",
    "int_authorization",
    "int_procedure_event",
    "int_coverage_span",
    "int_person",
    "int_consent",
    "int_observability",
)
ANSWER = f"""
    select
        case_key, proposal_no, status, unverifiable_reason, intent_evidence, evidence_date,
        evidence_strength, extent_change, is_performed_denied, is_avoided,
        is_supported_not_performed, is_induced_care, is_contralateral, late_conversion_date,
        censor_date, matures_on
    from work_{FIXTURE}.int_proposal_status
"""


def compiled(settings: Settings) -> dict[str, str]:
    """The models' SQL by name, in the order in which they run."""
    target = settings.dbt_dir(FIXTURE, "statuses")
    code = run_dbt(settings, FIXTURE, target, ["compile", "--select", *MODELS])
    assert code == 0
    folder = Path(target) / "compiled"
    found = {path.stem: path.read_text() for path in folder.rglob("*.sql")}
    return {name: found[name] for name in MODELS}


def answers(
    conn: psycopg.Connection, models: dict[str, str], cases: Iterable[Case], night: Night
) -> dict[tuple[str, int], Verdict]:
    """What the models say; nothing of it stays."""
    try:
        _fill(conn, list(cases), night)
        for name, statement in models.items():
            insert = f"insert into work_{FIXTURE}.{name} {statement}"
            conn.execute(insert.encode())
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(ANSWER.encode()).fetchall()
    finally:
        conn.rollback()
    return {(row.pop("case_key"), row.pop("proposal_no")): Verdict(*row.values()) for row in rows}


def _fill(conn: psycopg.Connection, cases: list[Case], night: Night) -> None:
    for name in (*INPUTS, *MODELS):
        conn.execute(f"delete from work_{FIXTURE}.{name}".encode())
    conn.execute(f"delete from work_{FIXTURE}.run_context".encode())
    conn.execute(
        f"""
        insert into work_{FIXTURE}.run_context (
            payor_id, as_of, run_epoch, currency_code, minor_units, runout_months,
            member_month_rule, service_code_system, adjustments, charge_level, claim_suffix,
            reversal_sign, service_date_grain, country_code, region, payor_name, time_zone,
            fee_pepm, fee_implementation, contract_months
        )
        values (%s, %s, 1, 'USD', 2, %s, 'any_day', 'demo', 'replacement', 'line', '', 'negative',
                %s, 'US', 'north_america', 'Fixture', 'UTC', 0, 0, 0)
        """.encode(),
        (FIXTURE, night.as_of, night.runout, night.grain),
    )
    _put(conn, _work("int_observability"), [_observed(name, night) for name in night.families])
    for number, case in enumerate(cases):
        _put_case(conn, case, UUID(int=number + 1))


def _observed(family: str, night: Night) -> dict[str, Any]:
    reason = dict(night.blind).get(family)
    return {"family_id": family, "is_observable": reason is None, "reason": reason}


def _put_case(conn: psycopg.Connection, case: Case, key: UUID) -> None:
    person = case.person
    row = {"payor_id": FIXTURE, "case_key": case.key, "t0": case.t0}
    _put(conn, _work("int_touched_case"), [row | {"person_key": key if person else None}])
    _put(
        conn,
        _work("int_proposal"),
        [
            {
                "case_key": case.key,
                "proposal_no": one.number,
                "procedure_family": one.family,
                "laterality": one.side,
                "recommended_date": one.recommended,
                "intent_evidence": one.intent,
                "so_position": one.position,
                "is_added": one.added,
                "window_months": one.window,
                "window_months_deferred": one.window + (6 if one.position == "defer" else 0),
                "min_defer_months": one.min_defer,
                "side_rule": one.side_rule,
            }
            for one in case.proposals
        ],
    )
    if person is None:
        return
    _put(conn, _work("int_person"), [{"person_key": key, "death_date": person.death}])
    _put(
        conn,
        _work("int_coverage_span"),
        [
            {"person_key": key, "span_no": n, "continuous_start": a, "continuous_end": b}
            for n, (a, b) in enumerate(person.spans)
        ],
    )
    if person.consent_ends is not None:
        _put(
            conn,
            _work("int_consent"),
            [{"person_key": key, "withdrawn_on": person.consent_ends}],
        )
    _put(
        conn,
        _work("int_procedure_event"),
        [
            {
                "procedure_event_key": f"{case.key}-{n}",
                "person_key": key,
                "family_id": one.family,
                "event_date": one.day,
                "laterality": one.side,
                "extent_rank": one.extent,
                "claim_type": one.kind,
                "care_setting": one.setting,
                "is_dated": one.dated,
                "is_assistant": one.assistant,
                "is_denied_rendered": one.denied,
            }
            for n, one in enumerate(person.events)
        ],
    )
    _put(
        conn,
        _work("int_authorization"),
        [
            {
                "person_key": key,
                "authorization_id": one.number,
                "family_id": one.family,
                "laterality": one.side,
                "extent_rank": one.extent,
                "levels": one.levels,
                "requested_date": one.requested,
                "decided_date": one.decided,
                "is_approved": one.approved,
                "is_withdrawn": one.withdrawn,
            }
            for one in person.requests
        ],
    )


def _work(name: str) -> str:
    return f"work_{FIXTURE}.{name}"


def _put(conn: psycopg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = ", ".join(rows[0])
    marks = ", ".join(["%s"] * len(rows[0]))
    with conn.cursor() as cursor:
        cursor.executemany(
            f"insert into {table} ({names}) values ({marks})".encode(),
            [list(row.values()) for row in rows],
        )
