"""Gates over a night made by hand: what is right passes, what is spoilt is named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from expectations.gate import run_gate
from expectations.register import GATES, checks_of, load_register, register_hash
from expectations.scope import NoOpenRun
from ingestion import steward
from ingestion.steward import Decision
from pipeline.settings import Settings
from tests.expectations.handmade import execute, make_night
from warehouse import release
from warehouse.connection import connect, connect2
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse


def verdicts(settings: Settings, payor: str) -> dict[str, dict[str, Any]]:
    with connect(settings, "reporter") as conn:
        rows = conn.cursor(row_factory=dict_row).execute(
            "select * from ops.gate_result where payor_id = %s", (payor,)
        )
        return {row["check_id"]: row for row in rows}


@pytest.fixture
def night(settings: Settings, payor: Payor) -> str:
    """A payor with a sealed run and every model in place."""
    make_night(settings, payor.payor_id)
    return payor.payor_id


def test_a_good_night_passes_every_gate(settings: Settings, night: str) -> None:
    outcomes = [run_gate(settings, night, gate) for gate in GATES]

    assert [outcome.blocking for outcome in outcomes] == [[], [], []]
    found = verdicts(settings, night)
    assert found.keys() == {check.check_id for check in load_register()}
    passed = [row for row in found.values() if row["verdict"] == "PASS"]
    assert len(passed) >= 55
    assert all(row["rows_evaluated"] >= 1 for row in passed)
    assert {row["register_hash"] for row in found.values()} == {register_hash()}
    assert len({row["input_hash"] for row in found.values()}) == 1
    excused = {check for check, row in found.items() if row["verdict"] == "NOT_APPLICABLE"}
    # every consultation of the hand-made night names its member: none is left to link
    reasons = {"no_new_files", "none_of_kind", "nobody_to_link"}
    assert {found[check]["reason"] for check in excused} <= reasons
    assert found["int_case_linked_warn"]["reason"] == "nobody_to_link"


STUCK = (
    ("raw_claim_currency", "update raw_{p}.medical_claim set currency_code = 'XAG' where {one}"),
    (
        "raw_claim_service_not_future",
        "update raw_{p}.medical_claim set claim_line_start_date = date '2027-01-01' where {one}",
    ),
    (
        "raw_consultation_currency",
        "update raw_{p}.consultation set currency_code = 'XAG' where {one}",
    ),
)


@pytest.mark.parametrize(("check", "statement"), STUCK, ids=lambda value: value.split()[0])
def test_a_withdrawn_row_no_longer_blocks(
    check: str, statement: str, settings: Settings, night: str
) -> None:
    """A row that got in and blocks would block every night to come: the steward takes it out."""
    table = "consultation" if "consultation" in check else "medical_claim"
    with connect(settings) as conn:
        receipt, record = conn.execute(
            f"select receipt_id, record_no from raw_{night}.{table} order by 1, 2 limit 1".encode()
        ).fetchone() or (0, 0)
    one = f"(receipt_id, record_no) = ({receipt}, {record})"
    execute(settings, None, statement.format(p=night, one=one))
    assert check in run_gate(settings, night, "raw").blocking
    decision = Decision("ada", datetime(2026, 7, 2, tzinfo=UTC), "the sender took it back")
    with closing(connect2(settings, "loader")) as conn2:
        steward.take_out(conn2, night, receipt, record, decision)
    assert run_gate(settings, night, "raw").blocking == []


SPOILT = [
    (
        "raw",
        "raw_claim_currency",
        "update raw_{p}.medical_claim set currency_code = 'XAG' where claim_id = 'CL1'",
    ),
    (
        "raw",
        "raw_claim_service_not_future",
        "update raw_{p}.medical_claim set claim_line_start_date = date '2027-01-01'",
    ),
    ("raw", "raw_conservation", "delete from raw_{p}.eligibility where person_id = 'M2'"),
    (
        "intermediate",
        "int_claim_line_person_key",
        "update work_{p}.int_claim_line set person_key = null where paid_amount = 900",
    ),
    (
        "intermediate",
        "int_claim_conservation",
        "delete from work_{p}.int_claim_line where paid_amount = 900",
    ),
    (
        "intermediate",
        "int_claim_net_allowed",
        "update work_{p}.int_claim_line set allowed_amount = -5 where paid_amount = 900",
    ),
    (
        "intermediate",
        "int_span_no_overlap",
        "insert into work_{p}.int_coverage_span"
        " select person_key, 2, span_start + 10, null from work_{p}.int_coverage_span",
    ),
    (
        "intermediate",
        "int_case_member_matched",
        "update work_{p}.int_case set is_matched_member = false where t0 is null",
    ),
    (
        "marts",
        "mart_one_status_per_proposal",
        "delete from work_{p}.fct_procedure_decision where is_avoided",
    ),
    (
        "marts",
        "mart_one_status_per_proposal",
        "insert into work_{p}.fct_procedure_decision"
        " select * from work_{p}.fct_procedure_decision where is_avoided",
    ),
    (
        "marts",
        "mart_statuses_sum",
        "update work_{p}.mart_avoided_procedure set numerator = 3"
        " where measure = 'procedures_proposed'",
    ),
    (
        "marts",
        "mart_avoided_definition",
        "update work_{p}.fct_procedure_decision set is_avoided = true",
    ),
    ("marts", "mart_p0_range", "update work_{p}.fct_case_savings set p0 = 1.2, p0_high = 1.3"),
    ("marts", "mart_p0_source", "update work_{p}.fct_case_savings set p0_source = ''"),
    (
        "marts",
        "mart_ledger_gross",
        "update work_{p}.fct_case_savings set gross_savings = gross_savings + 0.02",
    ),
    (
        "marts",
        "mart_ledger_net",
        "update work_{p}.fct_case_savings set net_savings = net_savings + 0.0001",
    ),
    (
        "marts",
        "mart_ledger_claim_lines",
        "delete from work_{p}.fct_case_claim where component = 'procedure'",
    ),
    (
        "marts",
        "mart_headline_net",
        "update work_{p}.mart_cost_savings set numerator = numerator + 0.01"
        " where measure = 'verified_net'",
    ),
    (
        "marts",
        "mart_headline_gross",
        "update work_{p}.mart_cost_savings set numerator = numerator + 1"
        " where measure in ('verified_gross', 'verified_net')",
    ),
    (
        "marts",
        "mart_money_has_currency",
        "update work_{p}.fct_programme_fee set currency_code = null",
    ),
    (
        "marts",
        "mart_evidence_grade",
        "update work_{p}.mart_cost_savings set evidence_grade = null where measure = 'bcr'",
    ),
    (
        "marts",
        "mart_interval_holds_value",
        "update work_{p}.mart_cost_savings set upper = value - 1 where measure = 'verified_net'",
    ),
    (
        "marts",
        "mart_one_payor",
        "update work_{p}.fct_second_opinion set payor_id = 'another'"
        " where case_status = 'requested'",
    ),
    (
        "marts",
        "mart_no_float_money",
        "alter table work_{p}.fct_case_savings alter column p0 type double precision",
    ),
    (
        "marts",
        "mart_paid_reconciles",
        "update work_{p}.int_claim_line set paid_amount = paid_amount + 0.01",
    ),
]


@pytest.mark.parametrize(("gate", "check_id", "damage"), SPOILT)
def test_damage_fails_its_check_and_blocks(
    settings: Settings, night: str, gate: str, check_id: str, damage: str
) -> None:
    execute(settings, None, damage.replace("{p}", night))

    outcome = run_gate(settings, night, gate)

    row = verdicts(settings, night)[check_id]
    assert (row["verdict"], row["reason"]) == ("FAIL", "rule_broken")
    assert 0 < row["rows_failed"] <= row["rows_evaluated"]
    assert check_id in outcome.blocking


def test_an_empty_batch_never_passes(settings: Settings, night: str) -> None:
    tables = ("mart_evidence_grade", "mart_paid_reconciles", "mart_headline_net")
    execute(settings, None, f"delete from work_{night}.mart_cost_savings")
    for relation in ("mart_utilisation", "mart_adoption", "mart_diagnosis_change"):
        execute(settings, None, f"delete from work_{night}.{relation}")
    execute(settings, None, f"delete from work_{night}.mart_avoided_procedure")

    outcome = run_gate(settings, night, "marts")

    found = verdicts(settings, night)
    assert {(found[name]["verdict"], found[name]["reason"]) for name in tables} == {
        ("FAIL", "too_few_rows")
    }
    assert set(tables) <= set(outcome.blocking)


def test_a_table_emptied_by_a_fault_does_not_excuse_itself(settings: Settings, night: str) -> None:
    execute(settings, None, f"delete from work_{night}.int_work_claim_family")
    execute(settings, None, f"delete from work_{night}.int_claim_line")

    run_gate(settings, night, "intermediate")

    row = verdicts(settings, night)["int_claim_conservation"]
    assert (row["verdict"], row["reason"]) == ("FAIL", "too_few_rows")


def test_a_payor_without_consultations_is_excused_by_name(settings: Settings, payor: Payor) -> None:
    make_night(settings, payor.payor_id, with_cases=False)

    outcomes = [run_gate(settings, payor.payor_id, gate) for gate in GATES]

    found = verdicts(settings, payor.payor_id)
    assert [outcome.blocking for outcome in outcomes] == [[], [], []]
    assert found["mart_ledger_gross"]["reason"] == "no_consultation_feed"
    assert found["mart_paid_reconciles"]["verdict"] == "PASS"


def test_a_missing_relation_is_an_error_and_the_others_still_run(
    settings: Settings, night: str
) -> None:
    execute(settings, None, f"drop table work_{night}.fct_programme_fee")

    outcome = run_gate(settings, night, "marts")

    found = verdicts(settings, night)
    assert found["mart_headline_fees"]["verdict"] == "ERROR"
    assert found["mart_ledger_net"]["verdict"] == "PASS"
    assert "mart_headline_fees" in outcome.blocking
    assert outcome.verdicts["ERROR"] == 3


def test_results_hold_no_value_of_the_data(settings: Settings, night: str) -> None:
    secret = "ZZSECRETZZ"
    execute(
        settings,
        None,
        f"update raw_{night}.consultation set status = '{secret}', currency_code = '{secret}'",
    )

    outcome = run_gate(settings, night, "raw")

    found = verdicts(settings, night)
    assert found["raw_consultation_status"]["verdict"] == "FAIL"
    assert secret not in repr(found) + repr(outcome)


def test_a_gate_that_was_killed_leaves_not_run(
    settings: Settings, night: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_gate(settings, night, "raw")
    asked: list[str] = []

    def die(conn: Any, source: Any, check: Any, scope: Any) -> Any:
        asked.append(check.check_id)
        raise KeyboardInterrupt

    monkeypatch.setattr("expectations.gate._ask", die)
    with pytest.raises(KeyboardInterrupt):
        run_gate(settings, night, "raw")

    found = verdicts(settings, night)
    assert len(asked) == 1
    assert {row["verdict"] for row in found.values()} == {"NOT_RUN"}
    assert len(found) == len(checks_of("raw"))


def test_a_night_without_a_verdict_is_not_published(settings: Settings, night: str) -> None:
    for gate in GATES:
        run_gate(settings, night, gate)
    execute(settings, None, _forget(night, "mart_ledger_net"))

    with (
        connect(settings, "publisher") as conn,
        pytest.raises(release.PublishBlocked) as refused,
    ):
        release.publish(conn, release.current_run(conn, night))

    assert refused.value.checks == ("mart_ledger_net",)


def test_a_night_that_passed_is_published(settings: Settings, night: str) -> None:
    for gate in GATES:
        run_gate(settings, night, gate)

    with connect(settings, "publisher") as conn:
        result = release.publish(conn, release.current_run(conn, night))

    assert result.state == "published"
    assert result.opened > 50


def test_a_payor_without_a_run_is_refused(
    settings: Settings, add_payor: Callable[..., Payor]
) -> None:
    with pytest.raises(NoOpenRun):
        run_gate(settings, add_payor().payor_id, "raw")


def test_the_gatekeeper_cannot_change_what_it_judges(settings: Settings, night: str) -> None:
    with (
        connect(settings, "gatekeeper") as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(f"delete from work_{night}.fct_case_savings".encode())


def _forget(payor: str, check_id: str) -> str:
    return f"delete from ops.gate_result where payor_id = '{payor}' and check_id = '{check_id}'"
