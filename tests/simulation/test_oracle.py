"""The oracle on histories written by hand."""

from __future__ import annotations

from datetime import date

import pytest

from simulation.calendars import add_months
from simulation.events import Claim, Diagnosis, Line, ProcedureSet, Proposal, Span
from simulation.oracle.claims import final_lines
from simulation.oracle.coverage import Coverage, coverage, member_months
from simulation.oracle.diagnosis import classify
from simulation.oracle.operations import Bridge, Event
from simulation.oracle.statuses import Cut, statuses
from simulation.profiles import profile

T0 = date(2023, 1, 31)
FUSION_END = date(2024, 1, 31)
OPEN = Coverage(((date(2022, 7, 1), None),))
LATE = Cut(date(2026, 7, 1))


def one(
    *days: date,
    stand: str = "against",
    covered: Coverage | None = OPEN,
    cut: Cut = LATE,
    family: str = "lumbar_fusion",
    side: str = "",
    event_side: str = "",
    t0: date = T0,
) -> str:
    """Status of a single proposal, given days of operations of its family."""
    words = {"agreed": "proceed", "none": ""}
    recommended = date(2022, 12, 1)
    proposal = Proposal(1, family, side, recommended, None, "E1", words.get(stand, stand))
    pset = ProcedureSet("C", 1, [proposal], True)
    events = [Event(family, event_side, day) for day in days]
    return statuses(pset, t0, events, covered, cut)[0].observable


def until(last: date, death: date | None = None) -> Coverage:
    return Coverage(((date(2022, 7, 1), last),), death)


JUNE = until(date(2023, 6, 1))


def gap(days: int) -> Coverage:
    again = date.fromordinal(date(2023, 5, 31).toordinal() + days + 1)
    return Coverage(((date(2022, 7, 1), date(2023, 5, 31)), (again, None)))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (one(T0), "performed_as_proposed"),
        (one(date(2023, 1, 30)), "performed_before_opinion"),
        (one(date(2022, 11, 30)), "not_performed_confirmed"),
        (one(FUSION_END), "performed_as_proposed"),
        (one(date(2024, 2, 1)), "not_performed_confirmed"),
        (one(date(2023, 1, 2), T0), "performed_before_opinion"),
        (one(date(2024, 5, 1), stand="defer"), "deferred_performed"),
        (one(date(2023, 4, 30), stand="defer"), "deferred_performed"),
        (one(date(2023, 4, 29), stand="defer"), "performed_as_proposed"),
        (one(date(2024, 8, 1), stand="defer"), "not_performed_confirmed"),
        (one(covered=until(date(2023, 6, 30), date(2023, 6, 30))), "censored_death"),
        (one(covered=until(date(2023, 6, 30), date(2023, 6, 12))), "censored_death"),
        (one(covered=until(date(2023, 3, 31), date(2023, 6, 12))), "censored_disenrolled"),
        (one(covered=until(FUSION_END)), "not_performed_confirmed"),
        (one(covered=until(date(2024, 1, 30))), "censored_disenrolled"),
        (one(date(2023, 5, 1), covered=until(date(2023, 6, 30))), "performed_as_proposed"),
        (one(covered=gap(45)), "not_performed_confirmed"),
        (one(covered=gap(46)), "censored_disenrolled"),
        (one(covered=None), "unverifiable"),
        (one(covered=Coverage(((date(2023, 2, 1), None),))), "unverifiable"),
        (one(date(2023, 5, 1), covered=None), "performed_as_proposed"),
        (one(cut=Cut(date(2024, 4, 29))), "not_performed_provisional"),
        (one(cut=Cut(date(2024, 4, 30))), "not_performed_confirmed"),
        (one(stand="defer", cut=Cut(date(2024, 4, 30))), "not_performed_provisional"),
        (one(covered=JUNE, cut=Cut(date(2023, 7, 16))), "not_performed_provisional"),
        (one(covered=JUNE, cut=Cut(date(2023, 7, 17))), "censored_disenrolled"),
    ],
)  # fmt: skip
def test_status(case: str, expected: str) -> None:
    assert case == expected


@pytest.mark.parametrize(
    ("proposed", "seen", "expected"),
    [
        ("left", "left", "performed_as_proposed"),
        ("left", "right", "not_performed_confirmed"),
        ("left", "", "performed_as_proposed"),
        ("", "right", "performed_as_proposed"),
        ("left", "bilateral", "performed_as_proposed"),
    ],
)
def test_sides(proposed: str, seen: str, expected: str) -> None:
    status = one(date(2023, 9, 1), family="knee_arthroplasty", side=proposed, event_side=seen)
    assert status == expected


def test_a_late_claim_restates() -> None:
    assert one() == "not_performed_confirmed"
    assert one(date(2023, 12, 24)) == "performed_as_proposed"


def test_no_proposal_and_hidden_family() -> None:
    assert statuses(None, T0, [], OPEN, LATE)[0].observable == "not_applicable"
    hidden = Proposal(1, "hysterectomy", "", date(2022, 12, 1), None, "E1", "against")
    pset = ProcedureSet("C", 1, [hidden], True)
    assert statuses(pset, T0, [], OPEN, LATE)[0].hidden == "unverifiable"
    dead = until(date(2023, 6, 30), date(2023, 6, 30))
    assert statuses(pset, T0, [], dead, LATE)[0].hidden == "censored_death"
    rhein = Bridge.of(profile(1))
    assert not rhein.observes("hysterectomy", {"rh-ops"})
    assert rhein.observes("lumbar_fusion", {"rh-ops"})


def test_months_clamp_to_their_last_day() -> None:
    assert add_months(T0, 1) == date(2023, 2, 28)
    assert add_months(date(2023, 8, 31), 18) == date(2025, 2, 28)
    assert add_months(date(2024, 2, 29), -12) == date(2023, 2, 28)


def span(start: date, end: date | None, sequence: int, death: date | None = None) -> Span:
    return Span("M", start, end, "A", sequence, start, death)


def test_latest_version_of_a_span_wins_in_any_order() -> None:
    first, second = span(T0, None, 1), span(T0, date(2023, 3, 1), 2, date(2023, 3, 1))
    for versions in ((first, second), (second, first)):
        told = coverage(versions)
        assert told == Coverage(((T0, date(2023, 3, 1)),), date(2023, 3, 1))
        assert told is not None and member_months(told, LATE.as_of) == 3
    assert coverage([]) is None


def test_member_months_count_begun_months_once() -> None:
    two = Coverage(((date(2026, 5, 1), date(2026, 5, 3)), (date(2026, 5, 20), None)))
    assert member_months(two, date(2026, 7, 1)) == 3


def claim(sequence: int, adjustment: str, *money: int, denial: str = "", cid: str = "") -> Claim:
    sign = -1 if adjustment == "reversal" else 1
    lines = [
        Line(n, T0, sign, sign * cents, sign * cents, sign * cents, f"NPF{n}")
        for n, cents in enumerate(money, start=1)
    ]
    return Claim(
        cid or f"A{sequence}",
        "A1",
        "professional",
        "M",
        T0,
        T0,
        ("M5116",),
        lines,
        adjustment=adjustment,
        sequence=sequence,
        denial=denial,
    )


def totals(style: str, *versions: Claim) -> list[int]:
    return [line.allowed for line in final_lines(versions, style)]


def test_replacement_is_the_whole_claim() -> None:
    first, second = claim(1, "original", 500, 300), claim(2, "replacement", 450)
    assert totals("replacement", second, first) == [450]
    assert totals("replacement", first, second, claim(3, "void", 0)) == []
    assert totals("replacement", second) == []
    assert totals("replacement", claim(3, "replacement", 70), second, first) == [70]


def test_reversal_pairs_add_up_per_line() -> None:
    first, back = claim(1, "original", 500, 300), claim(2, "reversal", 500, 300)
    again = claim(3, "original", 450, 300)
    assert totals("reversal_pair", again, back, first) == [450, 300]
    assert totals("reversal_pair", first, back) == []
    assert totals("reversal_pair", back) == []
    refused = claim(1, "original", 0, denial="AUTH")
    assert totals("reversal_pair", refused) == [0]
    assert totals("reversal_pair", refused, claim(2, "reversal", 0)) == []


def test_denied_but_rendered_is_evidence_and_ineligible_is_not() -> None:
    bridge = Bridge.of(profile(0))
    for denial, count in (("AUTH", 1), ("MEDNEC", 1), ("ELIG", 0), ("DUP", 0), ("", 1)):
        lines = final_lines([claim(1, "original", 0, denial=denial)], "replacement")
        assert len(bridge.events(lines)) == count


def test_a_diagnostic_code_is_no_operation() -> None:
    bridge = Bridge.of(profile(0))
    assert bridge.lookup("icd-10-pcs", "0FB44ZX") is None
    assert bridge.lookup("icd-10-pcs", "0FT44ZZ") is not None


def change(
    first: str, last: str, system: str = "icd-10-cm", other: str = "", second: str = ""
) -> str:
    rows = [Diagnosis("initial", 1, first, other or system, T0, "record")]
    if second:
        rows.append(Diagnosis("initial", 2, second, system, T0, "record"))
    final = [Diagnosis("final", 1, last, system, T0, "reviewer")] if last else []
    return classify(rows, final, False)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (change("M17.11", "m1711"), "confirmed"),
        (change("M17.11", "M17.12"), "confirmed"),
        (change("M17.9", "M17.11"), "refined"),
        (change("M17.11", "M17.9"), "confirmed"),
        (change("M17.11", "M17.31"), "refined"),
        (change("M54.50", "M51.16"), "refined"),
        (change("M51.16", "M54.50"), "changed"),
        (change("M17.11", "M23.203"), "changed"),
        (change("M17.11", "M23.203", second="M23.203"), "refined"),
        (change("M54.50", "M54.16"), "undetermined"),
        (change("M17.11", ""), "undetermined"),
        (change("M17.11", "Q00.99"), "undetermined"),
        (change("M17.1", "M17.11", other="icd-10-gm"), "confirmed"),
        (change("M17.1", "M23.203", other="icd-10-gm"), "changed"),
        (change("M25.56", "M17.11", other="icd-10-gm"), "refined"),
    ],
)
def test_diagnosis_class(case: str, expected: str) -> None:
    assert case == expected


def test_insufficient_information_is_undetermined() -> None:
    rows = [Diagnosis("initial", 1, "M17.11", "icd-10-cm", T0, "record")]
    assert classify(rows, rows, True) == "undetermined"
