"""Nightly increments equal a rebuild, row for row, also where a group vanished."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.conftest import Nights, Row
from tests.generative.remitted import Payment
from tests.generative.test_remittances import receive, remittance

RELATIONS = (
    "int_claim_link",
    "int_claim_family",
    "int_claim_payment",
    "int_claim_paid",
    "int_claim_paid_line",
    "int_claim_review",
    "int_claim_version",
    "int_claim_verdict",
    "int_claim_line",
    "int_claim_excluded",
    "int_claim_unenrolled",
    "int_procedure_event",
    "int_pharmacy_line",
    "int_coverage_span",
    "int_person",
    "int_member_month",
    "int_case",
    "int_case_diagnosis",
    "int_case_procedure",
    "int_observability",
    "int_comparator_episode",
    "int_claim_increment",
    "int_first_procedure_claim",
    "int_completion_cell",
    "int_opinion_course",
    "int_episode_component",
    "int_episode_covariate",
)
MAY_BE_EMPTY = {
    "int_case_diagnosis",
    "int_case_procedure",
    "int_comparator_episode",
    "int_opinion_course",
    "int_episode_component",
    "int_episode_covariate",
}
BRIDGE = (
    "code_system,code_prefix,family_id,extent_rank,laterality,excluded_qualifier,effective_from,"
    "effective_to,licence_class\n"
    "nl-proc,DP-KNEE,knee_arthroplasty,1,,,2015-10-01,,fictitious\n"
)
FIRST, SECOND, LATER = date(2024, 3, 20), date(2024, 3, 21), date(2024, 5, 2)


def enrolment(person: str, start: str, end: str = "", sequence: int = 0) -> Row:
    return {
        "person_id": person,
        "enrollment_start_date": start,
        "enrollment_end_date": end,
        "sender_sequence": sequence,
    }


def line(claim: str, number: int, person: str, amount: int = 100, **more: object) -> Row:
    return {
        "claim_id": claim,
        "claim_line_number": number,
        "claim_type": "professional",
        "person_id": person,
        "claim_start_date": "2024-02-10",
        "hcpcs_code": "DP-KNEE1",
        "diagnosis_code_1": "M1711",
        "service_unit_quantity": 1 if amount > 0 else -1,
        "paid_amount": amount,
        "allowed_amount": amount,
        **more,
    }


def adjustment(kind: str, family: str, claim: str, number: int, person: str, amount: int) -> Row:
    return line(
        claim,
        number,
        person,
        amount,
        original_claim_id=family,
        adjustment_type=kind,
        sender_sequence=1,
        adjudicated_date="2024-03-01",
    )


def fill(claim: str, person: str, sequence: int = 0) -> Row:
    return {
        "claim_id": claim,
        "claim_line_number": 1,
        "person_id": person,
        "paid_amount": 10,
        "sender_sequence": sequence,
    }


def consultation(case: str, member: str, status: str, sequence: int = 0) -> Row:
    return {
        "consultation_id": case,
        "vendor_id": "v1",
        "member_id": member,
        "requested_date": "2024-02-01",
        "delivered_to_member_date": "2024-02-05" if status == "delivered" else "",
        "delivery_mode": "telephonic",
        "service_type": "single_specialty",
        "end_user": "patient_direct",
        "initiation": "patient",
        "specialty": "orthopaedics",
        "currency_code": "USD",
        "status": status,
        "sender_sequence": sequence,
    }


def first_night(nights: Nights) -> None:
    nights.send(
        "eligibility",
        enrolment("p1", "2024-01-01"),
        enrolment("p2", "2023-11-15", "2024-01-10"),
        enrolment("p2", "2024-02-20"),
        enrolment("p3", "2024-01-01"),
        enrolment("p4", "2024-01-01"),
    )
    nights.send(
        "medical_claim",
        line("moved", 1, "p1"),
        line("moved", 2, "p1", 40),
        line("voided", 1, "p1"),
        line("kept", 1, "p2"),
        line("ICNpaid", 1, "p2", 30, hcpcs_code="", charge_amount=60),
        line("ICNpaid", 2, "p2", 20, hcpcs_code="", charge_amount=40),
    )
    remit(nights, "2024-03-01", ("original", 30, 20))
    nights.send("pharmacy_claim", fill("r1", "p1"), fill("r2", "p1"))
    nights.send("consultation", consultation("k1", "p1", "requested"))


def second_night(nights: Nights) -> None:
    """A claim changes person and loses a line, one is voided; a member leaves, one never was."""
    nights.store(
        "eligibility",
        enrolment("p3", "2024-01-01", "2024-02-29", 1),
        enrolment("p4", "2024-01-01", "2023-12-31", 1),
    )
    nights.send(
        "medical_claim",
        adjustment("reversal", "moved", "moved_b", 1, "p1", -100),
        adjustment("replacement", "moved", "moved_c", 1, "p2", 80),
        adjustment("void", "voided", "voided_v", 1, "p1", -100),
        adjustment("void", "orphan", "orphan_v", 1, "p3", -100),
    )
    remit(nights, "2024-03-15", ("reversal", 30, 20), ("replacement", 25, 15))
    nights.send("pharmacy_claim", fill("r1", "p2", 1))
    nights.send("consultation", consultation("k1", "p1", "delivered", 1))


def remit(nights: Nights, day: str, *payments: tuple[str, int, int]) -> None:
    """An 835 of claim ICNpaid: the kind of each payment and what it pays for either line."""
    named = [
        Payment("paid", kind, day, tuple((Decimal(paid), Decimal(5)) for paid in paids), at)
        for at, (kind, *paids) in enumerate(payments)
    ]
    receive(nights, f"paid_{day}", remittance(day, named, nights.sent))


def paid(nights: Nights) -> list[int]:
    """Paid for the lines of claim ICNpaid."""
    statement = f"select paid_amount from work_{nights.payor}.int_claim_line"
    statement += " where claim_id = 'ICNpaid' order by claim_line_number"
    return [int(row[0]) for row in nights.query(statement)]


def later_night(nights: Nights) -> None:
    """The orphan's original comes, two months on."""
    nights.send("medical_claim", line("orphan", 1, "p3"), line("new", 1, "p4"))


@pytest.mark.parametrize("style", ["replacement", "reversal_pair"])
def test_increments_equal_a_rebuild(nights_of: Callable[..., Nights], style: str) -> None:
    nights = nights_of(adjustments=style, bridge=BRIDGE)
    first_night(nights)
    nights.build(FIRST)
    assert claims(nights) == {"kept", "moved", "voided", "ICNpaid"}
    assert paid(nights) == [30, 20]
    assert events(nights) == 4
    assert persons(nights, "int_coverage_span") == persons(nights, "int_member_month") == 4
    untouched = writer_of(nights, "kept")

    second_night(nights)
    nights.build(SECOND)
    check_what_vanished(nights, style)

    later_night(nights)
    nights.build(LATER)
    assert writer_of(nights, "kept") == untouched, "an increment wrote an untouched row"
    increments = {relation: nights.rows(relation) for relation in RELATIONS}

    nights.build(LATER, full_refresh=True)
    assert writer_of(nights, "kept") != untouched, "the rebuild did not rebuild"
    assert {name for name, rows in increments.items() if not rows} <= MAY_BE_EMPTY
    assert increments == {relation: nights.rows(relation) for relation in RELATIONS}


def check_what_vanished(nights: Nights, style: str) -> None:
    """The voided claim and the member who never was are gone; the orphan is not there yet."""
    by_style = {"replacement": {"moved_c"}, "reversal_pair": {"moved", "moved_c"}}
    assert claims(nights) == {"kept", "ICNpaid"} | by_style[style]
    assert paid(nights) == [25, 15]
    assert events(nights) == {"replacement": 2, "reversal_pair": 3}[style]
    assert persons(nights, "int_coverage_span") == persons(nights, "int_member_month") == 3
    assert persons(nights, "int_pharmacy_line") == 2
    left_out = f"select state, reason from work_{nights.payor}.int_claim_excluded"
    left_out += " where state <> 'superseded'"
    assert set(nights.query(left_out)) == {("held", "I-VOIDORPHAN"), ("voided", "I-VOID")}


def test_a_new_month_needs_no_file(nights_of: Callable[..., Nights]) -> None:
    nights = nights_of()
    nights.send(
        "eligibility", enrolment("p1", "2024-01-15"), enrolment("p2", "2024-01-15", "2024-02-29")
    )
    nights.build(date(2024, 3, 31))
    assert member_months(nights) == {"2024-01-01": 2, "2024-02-01": 2, "2024-03-01": 1}

    nights.build(date(2024, 5, 1))
    assert member_months(nights) == {
        "2024-01-01": 2,
        "2024-02-01": 2,
        "2024-03-01": 1,
        "2024-04-01": 1,
        "2024-05-01": 1,
    }


def claims(nights: Nights) -> set[str]:
    statement = f"select claim_id from work_{nights.payor}.int_claim_line"
    return {row[0] for row in nights.query(statement)}


def writer_of(nights: Nights, claim: str) -> str:
    """The transaction that wrote the claim's line."""
    statement = (
        f"select xmin::text from work_{nights.payor}.int_claim_line where claim_id = '{claim}'"
    )
    return str(nights.query(statement)[0][0])


def events(nights: Nights) -> int:
    count: int = nights.query(f"select count(*) from work_{nights.payor}.int_procedure_event")[0][0]
    return count


def persons(nights: Nights, relation: str) -> int:
    statement = f"select count(distinct person_key) from work_{nights.payor}.{relation}"
    count: int = nights.query(statement)[0][0]
    return count


def member_months(nights: Nights) -> dict[str, int]:
    statement = (
        f"select month_start::text, count(*) from work_{nights.payor}.int_member_month group by 1"
    )
    return dict(nights.query(statement))
