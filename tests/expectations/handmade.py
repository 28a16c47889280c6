"""A payor's night made by hand: two delivered opinions, one waiting, whose every figure is known.

Raw rows, intermediate rows and mart candidates are written as a night would leave them, so a gate
can be asked and a release published without building the models. Closed cohorts: gross 35,000 for
the operation avoided, -8,600 for the one performed; fees 3,001.70; net 23,398.30.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from pipeline.settings import Settings
from reports.measures import CLASSES, NO_PROPOSAL, STATUSES
from warehouse import mart_contract, release
from warehouse.connection import connect

AS_OF = date(2026, 7, 1)
T0 = date(2024, 3, 10)
FAMILY = "knee_arthroplasty"
PERSONS = {
    "M1": "00000000-0000-4000-8000-000000000001",
    "M2": "00000000-0000-4000-8000-000000000002",
}
LINES = (  # claim, case, component, amount
    ("CL1", "A", "alternative", Decimal("6500.00")),
    ("CL2", "A", "induced", Decimal("900.00")),
    ("CL3", "B", "procedure", Decimal("49800.00")),
    ("CL4", "B", "induced", Decimal("1200.00")),
)
PAID = Decimal("58400.00")
FEES = (  # month, kind, quantity, rate, amount, quarter, maturity
    (date(2024, 3, 1), "case", 2, None, Decimal("3000.00"), "2024-Q1", "closed"),
    (date(2024, 3, 1), "pepm", 2, Decimal("0.85"), Decimal("1.70"), "2024-Q1", "closed"),
    (date(2026, 5, 1), "pepm", 2, Decimal("0.85"), Decimal("1.70"), "2026-Q2", "open"),
)
GROSS, FEE, NET = Decimal("26400.00"), Decimal("3001.70"), Decimal("23398.30")
MODELLED = Decimal("52000.00")
Rows = list[dict[str, Any]]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def make_night(
    settings: Settings, payor: str, as_of: date = AS_OF, with_cases: bool = True
) -> release.Run:
    """Open a run, take in the files, build every model by hand; the sealed run."""
    with connect(settings, "publisher") as conn:
        run = release.open_run(conn, payor, as_of)
    with connect(settings, "loader") as conn:
        _load(conn, payor, with_cases)
    with connect(settings, "publisher") as conn:
        run = release.seal_inputs(conn, run)
    with connect(settings, "transformer") as conn:
        _build(conn, payor, with_cases)
    return run


def rerun(settings: Settings, payor: str, as_of: date) -> release.Run:
    """A further night over the same rows: what was touched by hand stays touched."""
    with connect(settings, "publisher") as conn:
        return release.seal_inputs(conn, release.open_run(conn, payor, as_of))


def execute(settings: Settings, role: str | None, statement: str) -> None:
    """One statement as a role, committed."""
    with connect(settings, role) as conn:
        conn.execute(statement.encode())


# -- what came in ------------------------------------------------------------------------------


def _load(conn: psycopg.Connection[Any], payor: str, with_cases: bool) -> None:
    feeds: dict[str, Rows] = {
        "eligibility": [
            {"person_id": member, "member_id": member, "enrollment_start_date": date(2023, 1, 1)}
            for member in PERSONS
        ],
        "medical_claim": [_claim(*line) for line in LINES],
    }
    if with_cases:
        feeds |= {
            "consultation": [_consultation(case) for case in "ABC"],
            "consultation_diagnosis": [_diagnosis(case, side) for case in "AB" for side in _SIDES],
            "consultation_procedure": [_proposal(case, side) for case in "AB" for side in _SIDES],
        }
    for member, key in PERSONS.items():
        conn.execute(
            "insert into vault.person values (%s, %s, %s) on conflict do nothing",
            (payor, member, key),
        )
    for feed, rows in feeds.items():
        _receive(conn, payor, feed, rows)
    for claim, *_ in LINES:
        _change(conn, payor, "claim_family", md5(f"{payor}|{claim}"))
    for case in "ABC" if with_cases else "":
        _change(conn, payor, "case", md5(f"{payor}|{case}"))


_SIDES = ("initial", "final")


def _receive(conn: psycopg.Connection[Any], payor: str, feed: str, rows: Rows) -> None:
    digest = hashlib.sha256(f"{payor}{feed}".encode()).hexdigest()
    found = conn.execute(
        """
        insert into ops.receipt (
            payor_id, feed, layout, file_sha256, plaintext_sha256, bytes, state, lines,
            header_lines, trailer_lines, blank_lines, accepted, quarantined, business_date
        )
        values (%s, %s, 'canonical_csv', %s, %s, 1, 'loaded', %s, 1, 1, 0, %s, 0, %s)
        returning receipt_id
        """,
        (payor, feed, digest, digest, len(rows) + 2, len(rows), AS_OF),
    ).fetchone()
    assert found is not None
    for number, row in enumerate(rows, start=2):
        insert(conn, f"raw_{payor}", feed, {"receipt_id": found[0], "record_no": number, **row})


def _change(conn: psycopg.Connection[Any], payor: str, entity: str, key: str) -> None:
    conn.execute(
        "insert into ops.change (payor_id, entity, key, cause) values (%s, %s, %s, 'receipt')",
        (payor, entity, key),
    )


def _member(case: str) -> str:
    return "M2" if case == "B" else "M1"


def _claim(claim: str, case: str, component: str, amount: Decimal) -> dict[str, Any]:
    return {
        "claim_id": claim,
        "claim_line_number": 1,
        "claim_type": "professional",
        "person_id": _member(case),
        "member_id": _member(case),
        "claim_start_date": date(2024, 5, 2),
        "claim_line_start_date": date(2024, 5, 2),
        "paid_date": date(2024, 6, 1),
        "paid_amount": amount,
        "allowed_amount": amount,
        "charge_amount": amount * 2,
        "currency_code": "USD",
    }


def _consultation(case: str) -> dict[str, Any]:
    is_waiting = case == "C"
    return {
        "consultation_id": case,
        "vendor_id": "V1",
        "member_id": _member(case),
        "requested_date": date(2026, 6, 20) if is_waiting else date(2024, 3, 1),
        "delivered_to_member_date": None if is_waiting else T0,
        "delivery_mode": "online_virtual",
        "service_type": "single_specialty",
        "end_user": "insurer_payor",
        "initiation": "patient",
        "specialty": "orthopaedics",
        "fee_amount": Decimal(1500),
        "currency_code": "USD",
        "status": "requested" if is_waiting else "delivered",
        "sender_sequence": 1,
    }


def _diagnosis(case: str, opinion: str) -> dict[str, Any]:
    return {
        "consultation_id": case,
        "opinion": opinion,
        "rank": 1,
        "code": "M1711",
        "code_system": "icd-10-cm",
        "diagnosis_date": T0,
        "sender_sequence": 1,
    }


def _proposal(case: str, opinion: str) -> dict[str, Any]:
    return {
        "consultation_id": case,
        "opinion": opinion,
        "proposal_no": 1,
        "procedure_family": FAMILY,
        "recommended_date": date(2024, 2, 20),
        "recommendation": {"A": "against", "B": "proceed"}[case] if opinion == "final" else None,
        "sender_sequence": 1,
    }


# -- what the models make of it ----------------------------------------------------------------

_INTERMEDIATE = """
    create table int_work_claim_family (claim_family_key text);
    create table int_work_person (person_key uuid);
    create table int_work_case (case_key text);
    create table int_withheld_case (case_key text);
    create table int_claim_excluded (
        claim_family_key text, claim_line_number integer, state text, reason text, n_rows bigint
    );
    create table int_claim_family (claim_link_key text, claim_family_key text);
    create table int_claim_verdict (claim_family_key text, adjustment_type text);
    create table int_claim_reconciliation (claim_family_key text, balance_state text);
    create table int_claim_unenrolled (claim_line_key text, reason text);
    create table int_claim_line (
        claim_line_key text, claim_family_key text, claim_line_number integer, person_key uuid,
        service_date date, paid_amount numeric(18, 4), allowed_amount numeric(18, 4),
        currency_code text
    );
    create table int_pharmacy_line (claim_id text, paid_amount numeric(18, 4));
    create table int_person (person_key uuid);
    create table int_coverage_span (
        person_key uuid, span_no integer, span_start date, span_end date
    );
    create table int_member_month (person_key uuid, month_start date);
    create table int_case (
        case_key text, t0 date, has_member_id boolean, is_matched_member boolean
    );
    create table int_case_diagnosis (
        case_key text, opinion text, diagnosis_rank integer, diagnosis_code text,
        code_system text, diagnosis_date date
    );
    create table int_case_procedure (
        case_key text, proposal_no integer, is_proposed boolean, procedure_family text
    );
"""


def _build(conn: psycopg.Connection[Any], payor: str, with_cases: bool) -> None:
    schema = f"work_{payor}"
    conn.execute(sql.SQL("set local search_path = {}").format(sql.Identifier(schema)))
    conn.execute(_INTERMEDIATE.encode())
    for name, rows in _intermediate(payor, with_cases).items():
        for row in rows:
            insert(conn, schema, name, row)
    candidates = _candidates(payor, with_cases)
    for relation in mart_contract.load()[1]:
        columns = ", ".join(f"{name} {kind}" for name, kind in relation.columns.items())
        conn.execute(f"create table {relation.name} ({columns})".encode())
        for row in candidates.get(relation.name, []):
            insert(conn, schema, relation.name, {"payor_id": payor, **row})


def _intermediate(payor: str, with_cases: bool) -> dict[str, Rows]:
    families = {claim: md5(f"{payor}|{claim}") for claim, *_ in LINES}
    made: dict[str, Rows] = {
        "int_work_claim_family": [{"claim_family_key": key} for key in families.values()],
        "int_work_person": [{"person_key": key} for key in PERSONS.values()],
        "int_person": [{"person_key": key} for key in PERSONS.values()],
        "int_claim_line": [_line(payor, *line) for line in LINES],
        "int_coverage_span": [
            {"person_key": key, "span_no": 1, "span_start": date(2023, 1, 1)}
            for key in PERSONS.values()
        ],
        "int_member_month": [
            {"person_key": key, "month_start": date(2024, month, 1)}
            for key in PERSONS.values()
            for month in range(1, 13)
        ],
    }
    if not with_cases:
        return made
    keys = {case: md5(f"{payor}|{case}") for case in "ABC"}
    return made | {
        "int_work_case": [{"case_key": key} for key in keys.values()],
        "int_case": [
            {
                "case_key": key,
                "t0": None if case == "C" else T0,
                "has_member_id": True,
                "is_matched_member": True,
            }
            for case, key in keys.items()
        ],
        "int_case_diagnosis": [
            {
                "case_key": keys[case],
                "opinion": side,
                "diagnosis_rank": 1,
                "diagnosis_code": "M1711",
                "code_system": "icd-10-cm",
                "diagnosis_date": T0,
            }
            for case in "AB"
            for side in _SIDES
        ],
        "int_case_procedure": [
            {
                "case_key": keys[case],
                "proposal_no": 1,
                "is_proposed": True,
                "procedure_family": FAMILY,
            }
            for case in "AB"
        ],
    }


def _line(payor: str, claim: str, case: str, component: str, amount: Decimal) -> dict[str, Any]:
    return {
        "claim_line_key": md5(f"{payor}|{claim}|1"),
        "claim_family_key": md5(f"{payor}|{claim}"),
        "claim_line_number": 1,
        "person_key": PERSONS[_member(case)],
        "service_date": date(2024, 5, 2),
        "paid_amount": amount,
        "allowed_amount": amount,
        "currency_code": "USD",
    }


# -- what is about to be published -------------------------------------------------------------


def _candidates(payor: str, with_cases: bool) -> dict[str, Rows]:
    made: dict[str, Rows] = {
        "dim_payor": [
            {
                "payor_name": f"Test plan {payor}",
                "country_code": "US",
                "region": "north_america",
                "currency_code": "USD",
                "time_zone": "America/Chicago",
                "runout_months": 3,
                "first_service_date": date(2024, 5, 2),
                "last_service_date": date(2024, 5, 2),
            }
        ],
        "mart_utilisation": [
            _long("member_months", 24),
            _long("members", 2),
            _long("claims", 4),
            _long("claim_lines", 4),
            *(
                _long(measure, amount, slice_=slice_, value=value, currency_code="USD")
                for measure, amount in (
                    ("paid_amount", PAID),
                    ("allowed_amount", PAID),
                    ("charge_amount", PAID * 2),
                )
                for slice_, value in (("total", "all"), ("claim_type", "professional"))
            ),
        ],
    }
    return made | _case_candidates(payor) if with_cases else made


def _case_candidates(payor: str) -> dict[str, Rows]:
    keys = {case: md5(f"{payor}|{case}") for case in "ABC"}
    return {
        "fct_second_opinion": [_opinion(case, key) for case, key in keys.items()],
        "fct_diagnosis_change": [
            {
                "case_key": keys[case],
                "opinion_pair": "initial_final",
                "initial_code": "M1711",
                "final_code": "M1711",
                "machine_class": "confirmed",
                "final_class": "confirmed",
            }
            for case in "AB"
        ],
        "fct_procedure_decision": [_decision(case, keys[case]) for case in "AB"],
        "fct_case_savings": [
            _saving(case, keys[case], perspective)
            for case in "AB"
            for perspective in ("payor", "system")
        ],
        "fct_case_claim": [_behind(payor, keys, *line) for line in LINES],
        "fct_programme_fee": [
            dict(
                zip(
                    (
                        "fee_month",
                        "fee_kind",
                        "quantity",
                        "rate",
                        "fee_amount",
                        "cohort_period",
                        "maturity",
                    ),
                    fee,
                    strict=True,
                ),
                currency_code="USD",
            )
            for fee in FEES
        ],
        "mart_diagnosis_change": [
            _long(f"diagnosis_{name}", 2 if name == "confirmed" else 0, 2, slice_, value)
            for name in CLASSES
            for slice_, value in (
                *_SLICED,
                ("initiation", "patient"),
                ("initiation/specialty", "patient/orthopaedics"),
            )
        ]
        + [
            _long(f"agreement_{name}", 12, lower=low, upper=high, is_low_reliability=False)
            | {"value": value}
            for name, value, low, high in _AGREEMENT
        ],
        "fct_treatment_change": [
            {
                "case_key": keys[case],
                "opinion_pair": "initial_final",
                "treatment_class": "same",
                "is_treatment_changed": False,
                "is_mixed": False,
                "proposals": 1,
            }
            for case in "AB"
        ],
        "mart_treatment_change": [
            _long(f"treatment_{name}", 2 if name == "same" else 0, 2, slice_, value)
            for name in ("same", "stopped", "undetermined", "changed")
            for slice_, value in _SLICED
        ],
        "mart_opinion_process": [
            {
                key: value
                for key, value in _long("funnel_delivered", 2, 3, lower=0, upper=1).items()
                if key not in ("evidence_grade", "maturity", "currency_code")
            }
        ],
        "mart_literature_benchmark": [
            {
                "benchmark_id": "study",
                "measure": "diagnosis_changed",
                "own_measure": "diagnosis_changed",
                "source": "A study, 2015",
                "initiation": "patient",
                "setting": "insurer_payor",
                "note": "",
                "published_value": Decimal("0.148"),
                "is_comparable": True,
                "numerator": Decimal(0),
                "denominator": Decimal(2),
                "value": Decimal(0),
                "lower": Decimal(0),
                "upper": Decimal("0.66"),
            }
        ],
        "mart_avoided_procedure": [
            row for slice_, value in _SLICED for row in _procedures(slice_, value)
        ],
        "mart_adoption": [
            _long(measure, count, slice_=slice_, value=value)
            for measure, count in (("requests", 3), ("completed_cases", 2))
            for slice_, value in _SLICED
        ]
        + [_long("utilisation_per_1000", 2, 24, lower=0, upper=3000) | {"value": 1000}],
        "mart_cost_savings": _savings(),
    }


_AGREEMENT = (
    ("percent_agreement", Decimal("0.92"), Decimal("0.8"), 1),
    ("cohen_kappa", Decimal("0.31"), Decimal("-0.2"), Decimal("0.8")),
    ("gwet_ac1", Decimal("0.88"), Decimal("0.7"), 1),
)
_SLICED = (
    ("total", "all"),
    ("delivery_mode", "online_virtual"),
    ("specialty", "orthopaedics"),
)


def _long(
    measure: str,
    numerator: Decimal | int | None,
    denominator: Decimal | int | None = None,
    slice_: str = "total",
    value: str = "all",
    **extra: Any,
) -> dict[str, Any]:
    known = numerator if numerator is None else Decimal(numerator)
    share = known / Decimal(denominator) if known is not None and denominator else known
    row = {
        "measure": measure,
        "period_grain": "all",
        "period": "all",
        "slice": slice_,
        "slice_value": value,
        "numerator": numerator,
        "denominator": denominator,
        "value": share,
        "evidence_grade": "",
        "maturity": "all",
        "currency_code": "",
        **extra,
    }
    if denominator and "lower" not in row and share is not None:
        row |= {"lower": share / 2, "upper": (share + 1) / 2}
    return row


def _procedures(slice_: str, value: str) -> Rows:
    counts = {"not_performed_confirmed": 1, "performed_as_proposed": 1}
    return [
        _long("procedures_proposed", 2, slice_=slice_, value=value),
        *(
            _long(f"status_{name}", counts.get(name, 0), 2, slice_, value)
            for name in STATUSES
            if name not in ("performed_modified", "substituted")
        ),
        _long(f"status_{NO_PROPOSAL}", 0, slice_=slice_, value=value),
        _long("procedures_avoided", 1, 2, slice_, value),
        _long("supported_not_performed", 0, 2, slice_, value),
    ]


def _savings() -> Rows:
    money = {"currency_code": "USD", "maturity": "closed"}
    figures: tuple[tuple[str, Decimal, Any, dict[str, Any]], ...] = (
        ("modelled_gross", MODELLED, None, money),
        ("verified_gross", GROSS, None, money | {"lower": GROSS - 9000, "upper": GROSS + 7000}),
        ("programme_fees", FEE, None, money),
        ("verified_net", NET, None, money | {"lower": NET - 9000, "upper": NET + 7000}),
        ("roi_net", NET, FEE, money | {"lower": 4, "upper": 9}),
        ("bcr", GROSS, FEE, money | {"lower": 5, "upper": 10}),
        ("pmpm_impact", NET, 6, money | {"lower": 3000, "upper": 4500}),
        ("capture_ratio_gross", GROSS, MODELLED, money | {"lower": 0, "upper": 1}),
        ("effective_cases", Decimal(2), None, money | {"currency_code": ""}),
        ("cases", Decimal(2), None, money | {"currency_code": ""}),
        ("modelled_gross", MODELLED, None, money | {"maturity": "all"}),
    )
    return [
        _long(measure, numerator, denominator, slice_, value, **extra)
        | {
            "perspective": perspective,
            "evidence_grade": "" if measure in ("cases", "effective_cases") else "E",
        }
        for measure, numerator, denominator, extra in figures
        for perspective in ("payor", "system")
        for slice_, value in (_SLICED if measure in ("cases", "verified_gross") else _SLICED[:1])
    ]


def _opinion(case: str, key: str) -> dict[str, Any]:
    raw = _consultation(case)
    is_waiting = case == "C"
    return {
        "case_key": key,
        "consultation_id": case,
        "person_key": PERSONS[_member(case)],
        "requested_date": raw["requested_date"],
        "delivered_date": None if is_waiting else T0,
        "case_status": raw["status"],
        **{name: raw[name] for name in ("delivery_mode", "service_type", "end_user")},
        **{name: raw[name] for name in ("initiation", "specialty", "vendor_id")},
        "procedure_family": "none" if is_waiting else FAMILY,
        "fee_amount": raw["fee_amount"],
        "currency_code": "USD",
        "cohort_period": None if is_waiting else "2024-Q1",
        "is_matched_member": True,
        "matures_on": None if is_waiting else date(2026, 6, 8),
        "maturity": "not_delivered" if is_waiting else "closed",
    }


def _decision(case: str, key: str) -> dict[str, Any]:
    is_avoided = case == "A"
    return {
        "decision_key": md5(f"{key}|1"),
        "case_key": key,
        "proposal_no": 1,
        "procedure_family": FAMILY,
        "so_position": "against" if is_avoided else "agreed",
        "status": "not_performed_confirmed" if is_avoided else "performed_as_proposed",
        "status_order": 11 if is_avoided else 3,
        "is_performed_denied": False,
        "is_avoided": is_avoided,
        "is_supported_not_performed": False,
    }


def _saving(case: str, key: str, perspective: str) -> dict[str, Any]:
    cost = {"procedure": Decimal(0), "alternative": Decimal(0), "induced": Decimal(0)}
    for _, owner, component, amount in LINES:
        if owner == case:
            cost[component] += amount
    observed = sum(cost.values(), Decimal(0))
    expected = Decimal("0.8") * 52000 + Decimal("0.2") * 4000
    return {
        "case_key": key,
        "perspective": perspective,
        "procedure_family": FAMILY,
        "evidence_grade": "E",
        "currency_code": "USD",
        "cohort_period": "2024-Q1",
        "maturity": "closed",
        "p0": Decimal("0.8"),
        "p0_low": Decimal("0.65"),
        "p0_high": Decimal("0.95"),
        "p0_source": "literature",
        "expected_procedure_cost": 52000,
        "expected_alternative_cost": 4000,
        "expected_cost": expected,
        "is_performed": case == "B",
        **{f"{name}_cost": amount for name, amount in cost.items()},
        "substitute_cost": 0,
        "observed_cost": observed,
        "gross_savings": expected - observed,
        "case_fee": 1500,
        "net_savings": expected - observed - 1500,
        "modelled_gross": 52000 if case == "A" else 0,
        "is_observed_to_window_end": True,
        "enrolment_survival": 1,
        "is_estimable": True,
    }


def _behind(
    payor: str, keys: dict[str, str], claim: str, case: str, component: str, amount: Decimal
) -> dict[str, Any]:
    return {
        "claim_line_key": md5(f"{payor}|{claim}|1"),
        "case_key": keys[case],
        "component": component,
        "claim_id": claim,
        "claim_line_number": 1,
        "allowed_amount": amount,
        "paid_amount": amount,
        "currency_code": "USD",
    }


def insert(conn: psycopg.Connection[Any], schema: str, table: str, row: dict[str, Any]) -> None:
    """One row, the columns named."""
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(schema, table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    conn.execute(statement, tuple(row.values()))
