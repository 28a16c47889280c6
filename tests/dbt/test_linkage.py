"""A consultation without a member id gets its person from the current link, and loses it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from linking import steward
from linking.run import link
from linking.steward import Decision
from tests.dbt.conftest import Nights, Row
from warehouse import release
from warehouse.connection import connect

AS_OF = date(2026, 7, 1)
WHO: Row = {
    "first_name": "Adacanary",
    "last_name": "Lovecanary",
    "birth_date": "1961-12-10",
    "address": "12 Canarystreet",
    "zip_code": "60601",
    "email": "canary@mail.example",
}
CANARIES = (b"adacanary", b"lovecanary", b"canarystreet", b"canary@mail")
MEMBER: Row = {"person_id": "P1", "member_id": "M1", "enrollment_start_date": "2022-01-01"}
CASE: Row = {
    "consultation_id": "K1", "vendor_id": "V1", "requested_date": "2024-03-01",
    "delivered_to_member_date": "2024-03-20", "delivery_mode": "in_person",
    "service_type": "single_specialty", "end_user": "insurer_payor", "initiation": "patient",
    "specialty": "orthopaedics", "currency_code": "USD", "status": "delivered",
    "sender_sequence": 1,
}  # fmt: skip


def link_now(nights: Nights) -> None:
    with connect(nights.settings, "publisher") as conn:
        run = release.open_run(conn, nights.payor, AS_OF)
    with connect(nights.settings, "linker") as conn:
        link(conn, nights.payor, run.epoch, AS_OF)


def cases(nights: Nights) -> list[tuple[Any, ...]]:
    statement = f"""
        select c.consultation_id, p.member_id, c.is_matched_member, c.has_member_id
        from work_{nights.payor}.int_case as c
        left join vault.person as p on c.person_key = p.person_key
    """
    return nights.query(statement)


def pending(nights: Nights) -> list[tuple[Any, ...]]:
    return nights.query(
        "select entity, cause from ops.change where released_in is null"
        f" and payor_id = '{nights.payor}' and cause = 'linkage'"
    )


def test_a_case_follows_its_link(nights_of: Callable[..., Nights]) -> None:
    nights = nights_of()
    nights.send("eligibility", MEMBER | WHO)
    nights.send("consultation", CASE | WHO)
    link_now(nights)
    assert pending(nights) == [("case", "linkage")]
    nights.build(AS_OF)
    assert cases(nights) == [("K1", "M1", True, False)]
    assert pending(nights) == []

    with connect(nights.settings, "linker") as conn:
        steward.record(conn, nights.payor, [Decision("K1", None, "no_member")], "ann")
    link_now(nights)
    assert pending(nights) == [("case", "linkage")]
    nights.build(AS_OF)
    assert cases(nights) == [("K1", None, False, False)]
    leaves_no_identifier(nights)


def leaves_no_identifier(nights: Nights) -> None:
    """Neither dbt's artefacts nor any log of the installation holds one."""
    folders = [nights.settings.dbt_dir(nights.payor, "claims_cases"), nights.settings.home]
    files = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".json", ".log", ".sql", ".txt", ".yml")
    ]
    assert any(path.name == "run_results.json" for path in files)
    for path in files:
        text = path.read_bytes().lower()
        assert not any(canary in text for canary in CANARIES), path.name
