"""Members with two ids and ids with two people are shown, and never merged."""

from __future__ import annotations

import pytest

from linking import steward
from linking.duplicates import Suspicion, suspicions
from tests.linking.conftest import Desk, frame
from tests.linking.population import World
from warehouse.connection import connect

ADA = {"first_name": "Ada", "last_name": "Byron", "birth_date": "1961-12-10", "zip_code": "60601",
       "social_security_number": "412830977"}  # fmt: skip


def of(*rows: dict[str, str]) -> list[Suspicion]:
    return suspicions(frame(rows, "member_id"))


def test_one_person_under_two_ids() -> None:
    again = ADA | {"member_id": "M2", "social_security_number": "", "last_name": "BYRON"}
    found = of(ADA | {"member_id": "M1"}, again, ADA | {"member_id": "M3", "zip_code": "1"})
    assert found == [
        Suspicion("two_ids", "M1", "M2", "birth_date family given postal"),
        Suspicion("two_ids", "M1", "M3", "birth_date national_id"),
    ]


def test_twins_and_namesakes_are_two_people() -> None:
    plain = ADA | {"social_security_number": ""}
    twin = plain | {"member_id": "M2", "first_name": "Ida"}
    namesake = plain | {"member_id": "M3", "birth_date": "1970-02-02"}
    assert of(plain | {"member_id": "M1"}, twin, namesake) == []


def test_a_value_of_everybody_is_no_evidence() -> None:
    rows = [ADA | {"member_id": f"M{at}", "first_name": f"Given{at}"} for at in range(9)]
    assert of(*rows) == []


def test_an_id_that_was_given_to_somebody_else() -> None:
    other = {"member_id": "M1", "first_name": "Bo", "last_name": "Day", "birth_date": "1999-01-02"}
    assert of(ADA | {"member_id": "M1"}, other) == [
        Suspicion("id_reused", "M1", None, "given birth_date")
    ]
    corrected = ADA | {"member_id": "M1", "birth_date": "1961-12-11"}
    assert of(ADA | {"member_id": "M1"}, corrected) == []


def test_the_world_has_namesakes_and_no_double_ids(world: World) -> None:
    found = of(*world.members)
    assert len(found) < len(world.members) / 500
    assert {one.kind for one in found} <= {"two_ids"}


@pytest.mark.warehouse
def test_the_steward_sees_keys_only_and_the_consultation_waits(desk: Desk) -> None:
    desk.enrol(*(ADA | {"person_id": member, "member_id": member} for member in ("M1", "M2")))
    desk.consult(ADA | {"consultation_id": "K1"})
    desk.link()
    assert desk.links() == {"K1": ("review", None, "second_person")}
    with connect(desk.settings, "linker") as conn:
        rows = steward.doubtful_members(conn, desk.payor)
    assert [(row["kind"], row["fields"]) for row in rows] == [
        ("two_ids", "birth_date family given national_id postal")
    ]
    keys = {rows[0]["person_key"], rows[0]["other_person_key"]}
    assert keys == {desk.person("M1"), desk.person("M2")}
