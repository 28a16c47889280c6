"""The method's own status rules as small tables: histories in, statuses out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.spec.status_reference import (
    Event,
    Night,
    Person,
    Proposal,
    Request,
    Verdict,
    judge,
    later,
)

T0 = date(2024, 1, 31)
KNEE, SCOPE, FUSION = "knee_arthroplasty", "knee_arthroscopy", "lumbar_fusion"
RIGHT = Proposal(1, KNEE, "against", date(2024, 1, 10), side="right", window=12)
OPEN = Person(spans=((date(2023, 1, 1), None),))
LATE = Night(date(2026, 1, 1))


def one(
    *events: Event,
    person: Person = OPEN,
    proposal: Proposal = RIGHT,
    night: Night = LATE,
    requests: tuple[Request, ...] = (),
) -> Verdict:
    known = replace(person, events=events, requests=requests)
    return judge(T0, known, [proposal], night)[proposal.number]


def knee(day: date, side: str = "right", **how: object) -> Event:
    return Event(KNEE, day, side, **how)  # type: ignore[arg-type]


def stands(position: str) -> Proposal:
    return replace(RIGHT, position=position)


def left_on(day: date, death: date | None = None) -> Person:
    return Person(spans=((date(2023, 1, 1), day),), death=death)


@pytest.mark.parametrize(
    ("position", "avoided", "supported"),
    [
        ("against", True, False),
        ("alternative", True, False),
        ("agreed", False, True),
        ("defer", False, False),
        ("none", False, False),
    ],
)
def test_avoided_is_what_the_reviewer_did_not_support(
    position: str, avoided: bool, supported: bool
) -> None:
    found = one(proposal=stands(position))
    assert found.status == "not_performed_confirmed"
    assert (found.avoided, found.supported) == (avoided, supported)


def test_a_family_nobody_can_see_is_never_avoided() -> None:
    blind = replace(LATE, blind=((KNEE, "code_system_without_bridge"),))
    found = one(night=blind)
    assert (found.status, found.avoided) == ("unverifiable", False)
    assert one(knee(later(T0, 2)), night=blind).status == "performed_as_proposed"


def test_operated_then_left() -> None:
    found = one(knee(later(T0, 2)), person=left_on(later(T0, 5)))
    assert found.status == "performed_as_proposed"


@pytest.mark.parametrize(
    ("left", "died", "status"),
    [
        (later(T0, 2), later(T0, 5), "censored_disenrolled"),
        (later(T0, 5), later(T0, 2), "censored_death"),
        (later(T0, 5), later(T0, 5), "censored_death"),
        (later(T0, 12), None, "not_performed_confirmed"),
        (later(T0, 12) - timedelta(days=1), None, "censored_disenrolled"),
    ],
)
def test_the_earlier_of_leaving_and_death(left: date, died: date | None, status: str) -> None:
    assert one(person=left_on(left, died)).status == status


@pytest.mark.parametrize(
    ("months", "days", "status"),
    [
        (16, 0, "deferred_performed"),
        (18, 0, "deferred_performed"),
        (18, 1, "not_performed_confirmed"),
        (3, 0, "deferred_performed"),
        (3, -1, "performed_as_proposed"),
    ],
)
def test_a_deferral_is_tested_before_the_plan(months: int, days: int, status: str) -> None:
    event = knee(later(T0, months) + timedelta(days=days))
    assert one(event, proposal=stands("defer")).status == status


def test_a_deferral_matures_after_its_longer_window() -> None:
    due = later(later(T0, 18), 3)
    assert one(proposal=stands("defer"), night=Night(due)).status == "not_performed_confirmed"
    before = Night(due - timedelta(days=1))
    assert one(proposal=stands("defer"), night=before).status == "not_performed_provisional"
    plain = one(night=Night(later(later(T0, 12), 3)))
    assert plain.status == "not_performed_confirmed"


def test_rendered_and_denied_is_performed() -> None:
    found = one(knee(later(T0, 2), denied=True))
    assert (found.status, found.denied) == ("performed_as_proposed", True)
    partly = one(knee(later(T0, 2), denied=True), knee(later(T0, 2)))
    assert not partly.denied


@pytest.mark.parametrize(
    ("side", "status", "strength"),
    [
        ("left", "not_performed_confirmed", None),
        ("", "performed_as_proposed", "low"),
        ("right", "performed_as_proposed", "probable"),
        ("bilateral", "performed_as_proposed", "probable"),
    ],
)
def test_right_knee_proposed(side: str, status: str, strength: str | None) -> None:
    found = one(knee(later(T0, 2), side))
    assert (found.status, found.strength) == (status, strength)
    assert found.contralateral == (side == "left")


@pytest.mark.parametrize(
    ("gap", "assistant", "strength"),
    [(3, False, "confirmed"), (4, False, "probable"), (0, True, "probable")],
)
def test_facility_and_surgeon_confirm(gap: int, assistant: bool, strength: str) -> None:
    day = later(T0, 2)
    found = one(
        knee(day, kind="institutional"), knee(day + timedelta(days=gap), assistant=assistant)
    )
    assert found.strength == strength


def test_windows_clamp_to_the_month_and_include_both_ends() -> None:
    month = replace(RIGHT, window=1)
    assert one(knee(date(2024, 2, 29)), proposal=month).status == "performed_as_proposed"
    assert one(knee(T0), proposal=month).status == "performed_as_proposed"
    after = one(knee(date(2024, 3, 1)), proposal=month)
    assert (after.status, after.late_on) == ("not_performed_confirmed", date(2024, 3, 1))


def test_a_quarter_is_any_of_its_days() -> None:
    """January counts as after the opinion of 31 January; strength cannot be told."""
    quarter = replace(LATE, grain="quarter")
    found = one(knee(date(2024, 1, 1)), night=quarter)
    assert (found.status, found.strength) == ("performed_as_proposed", "not_applicable")
    dated = one(knee(date(2024, 1, 12), dated=True), night=quarter)
    assert dated.status == "performed_before_opinion"


def test_another_extent_is_modified_only_when_both_are_known() -> None:
    asked = Request("a", KNEE, date(2024, 1, 12), date(2024, 1, 14), True, extent=2)
    less = one(knee(later(T0, 2), extent=1), requests=(asked,))
    assert (less.status, less.extent_change) == ("performed_modified", "less")
    for extent in (0, 2):
        same = one(knee(later(T0, 2), extent=extent), requests=(asked,))
        assert same.status == "performed_as_proposed"
    assert one(knee(later(T0, 2), extent=1)).status == "performed_as_proposed"


def test_added_levels_are_more() -> None:
    fusion = Proposal(1, FUSION, "against", date(2024, 1, 10), side_rule="levels")
    asked = Request("a", FUSION, date(2024, 1, 12), None, True, levels=1)
    found = one(Event(FUSION, later(T0, 2), extent=2), proposal=fusion, requests=(asked,))
    assert (found.status, found.extent_change) == ("performed_modified", "more")


def test_a_substitute_counts_when_the_operation_does_not() -> None:
    scope = Event(SCOPE, later(T0, 2), "right")
    assert one(scope).status == "substituted"
    assert one(scope, knee(later(T0, 5))).status == "performed_as_proposed"
    assert one(replace(scope, side="left")).status == "not_performed_confirmed"


def test_withdrawn_consent_hides_even_what_was_performed() -> None:
    gone = replace(OPEN, consent_ends=LATE.as_of)
    found = one(knee(later(T0, 2)), person=gone)
    assert (found.status, found.reason, found.evidence_on) == (
        "unverifiable",
        "consent_withdrawn",
        None,
    )
    stays = replace(OPEN, consent_ends=LATE.as_of + timedelta(days=1))
    assert one(knee(later(T0, 2)), person=stays).status == "performed_as_proposed"


def test_late_conversion_is_a_flag_within_36_months() -> None:
    """After the window the status stays."""
    for months, flagged in ((13, True), (36, True), (37, False)):
        found = one(knee(later(T0, months)))
        assert found.status == "not_performed_confirmed" and found.avoided
        assert (found.late_on is not None) == flagged


def test_added_care_is_told_beside_the_status() -> None:
    extra = Proposal(2, SCOPE, "agreed", date(2024, 1, 10), added=True)
    known = replace(OPEN, events=(Event(SCOPE, later(T0, 1)),))
    assert judge(T0, known, [extra], LATE) == {
        0: Verdict("not_applicable", induced=True, matures_on=later(later(T0, 12), 3))
    }
