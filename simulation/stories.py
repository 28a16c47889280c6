"""Rare situations told on purpose, so that each of them is in every world of some size.

A story rewrites the draft of one case. The story at place k is told by the payor's case number
`SPACING * k`, so small worlds tell the first stories only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from simulation.calendars import add_days, add_months
from simulation.cases import Case, Cover, opposite
from simulation.families import BY_ID
from simulation.parameters import Calendar

SPACING = 3
RUNOUT_MONTHS = 3
ALLOWED_GAP = 45
_TRAILING_DAYS = 20

Story = Callable[[Case, Calendar], None]


def tell(case: Case, calendar: Calendar) -> None:
    """Apply the story that belongs to the case's number, if any."""
    place, rest = divmod(case.ordinal, SPACING)
    if rest == 0 and place < len(STORIES):
        STORIES[place](case, calendar)


def _closing_on(night: date, family: str) -> date:
    """Opinion day whose window and run-out end exactly on that night."""
    return add_months(night, -(BY_ID[family].window_months + RUNOUT_MONTHS))


def _closing(family: str, index: int) -> Story:
    def story(case: Case, calendar: Calendar) -> None:
        night = calendar.nights[calendar.clipped(index)]
        case.propose(family, "against", _closing_on(night, family))

    return story


def closed_plain(case: Case, calendar: Calendar) -> None:
    """Advised against, never operated, long closed."""
    case.propose("knee_arthroplasty", "against", date(2022, 11, 14))


def late_claim_restates_confirmed(case: Case, calendar: Calendar) -> None:
    """The operation's claims come on the second night, after the case was confirmed."""
    case.propose("lumbar_fusion", "alternative", date(2024, 6, 10))
    case.operate(date(2024, 11, 20), night=calendar.clipped(1))


def late_claim_restates_provisional(case: Case, calendar: Calendar) -> None:
    """The same for a window still open, on the third night."""
    case.propose("cholecystectomy", "against", date(2025, 3, 3))
    case.operate(date(2025, 12, 9), night=calendar.clipped(2))


def dies_on_last_covered_day(case: Case, calendar: Calendar) -> None:
    """Death and end of coverage on one day: death decides."""
    case.propose("hip_arthroplasty", "against", date(2023, 5, 8))
    case.cover = Cover(end=date(2023, 12, 20), death=date(2023, 12, 20))


def dies_inside_paid_month(case: Case, calendar: Calendar) -> None:
    """Coverage runs to the end of the month of death."""
    case.propose("lumbar_fusion", "alternative", date(2024, 2, 12))
    case.cover = Cover(end=date(2024, 6, 30), death=date(2024, 6, 11))


def leaves_then_dies(case: Case, calendar: Calendar) -> None:
    """Left in the second month, died in the fifth: the leaving decides."""
    case.propose("knee_arthroplasty", "against", date(2023, 9, 4))
    case.cover = Cover(end=date(2023, 10, 31), death=date(2024, 2, 2))


def gap_just_allowed(case: Case, calendar: Calendar) -> None:
    """A gap of 45 uncovered days is no disenrolment."""
    case.propose("lumbar_decompression", "against", date(2023, 3, 6))
    case.cover = Cover(gap=(date(2023, 7, 1), ALLOWED_GAP))


def gap_too_long(case: Case, calendar: Calendar) -> None:
    """A gap of 46 uncovered days is."""
    case.propose("lumbar_decompression", "against", date(2023, 3, 6))
    case.cover = Cover(gap=(date(2023, 7, 1), ALLOWED_GAP + 1))


def gap_grows_too_long(case: Case, calendar: Calendar) -> None:
    """An end 45 days before the first night becomes a disenrolment on the next."""
    case.propose("cholecystectomy", "against", date(2025, 9, 15))
    case.cover = Cover(end=add_days(calendar.first, -ALLOWED_GAP))


def not_a_member(case: Case, calendar: Calendar) -> None:
    """The member id is in no eligibility row."""
    case.propose("hip_arthroplasty", "against", date(2023, 2, 20))
    case.cover = Cover(absent=True)


def joined_later(case: Case, calendar: Calendar) -> None:
    """Covered only from a day after the opinion."""
    case.propose("lumbar_fusion", "agreed", date(2023, 4, 17))
    case.cover = Cover(start=date(2023, 6, 1))


def eligibility_comes_late(case: Case, calendar: Calendar) -> None:
    """Unknown at first; the coverage rows come on a later night."""
    case.propose("cholecystectomy", "against", date(2023, 5, 22))
    case.cover = Cover(arrival_night=calendar.clipped(1))


def operated_same_day(case: Case, calendar: Calendar) -> None:
    """Operated on the day of the opinion: performed as proposed."""
    case.propose("cholecystectomy", "agreed", date(2024, 9, 9))
    case.operate(case.t0)


def operated_on_last_day(case: Case, calendar: Calendar) -> None:
    """The window includes its last day, here the clamped end of a short month."""
    case.propose("hip_arthroplasty", "against", date(2023, 8, 31), "right")
    case.operate(case.window_end)


def operated_day_after(case: Case, calendar: Calendar) -> None:
    """A day later is a late conversion."""
    case.propose("lumbar_decompression", "against", date(2023, 1, 31))
    case.operate(add_days(case.window_end, 1))


def other_knee_only(case: Case, calendar: Calendar) -> None:
    """Only the other knee was operated."""
    case.propose("knee_arthroplasty", "against", date(2023, 1, 16), "right")
    case.operate(date(2023, 8, 7), "left")


def side_not_in_claim(case: Case, calendar: Calendar) -> None:
    """The claim says no side: compatible."""
    case.propose("knee_arthroplasty", "alternative", date(2023, 2, 6), "left")
    case.operate(date(2023, 11, 6), "", facility=False)


def side_not_in_proposal(case: Case, calendar: Calendar) -> None:
    """The proposal says no side: compatible."""
    case.propose("hip_arthroplasty", "agreed", date(2023, 6, 5))
    case.side = ""
    case.operate(date(2023, 9, 11), "left")


def operated_before(case: Case, calendar: Calendar) -> None:
    """Operated between recommendation and opinion."""
    case.propose("lumbar_fusion", "against", date(2024, 4, 15))
    case.operate(date(2024, 4, 14))


def deferred_then_operated(case: Case, calendar: Calendar) -> None:
    """Deferred, operated in the fourth month after the plain window."""
    case.propose("lumbar_decompression", "defer", date(2023, 6, 19))
    case.operate(add_months(case.t0, 16))


def deferred_operated_at_once(case: Case, calendar: Calendar) -> None:
    """Deferred but operated before the deferral's least length: as proposed."""
    case.propose("lumbar_fusion", "defer", date(2024, 1, 8))
    case.operate(add_days(add_months(case.t0, 3), -1))


def deferred_still_open(case: Case, calendar: Calendar) -> None:
    """The plain window has closed, the deferral's has not."""
    case.propose("lumbar_fusion", "defer", add_months(calendar.first, -16))


def denied_but_rendered(case: Case, calendar: Calendar) -> None:
    """Performed and refused payment for want of authorisation."""
    case.propose("lumbar_fusion", "against", date(2023, 10, 9))
    case.operate(date(2024, 3, 4), denial="AUTH")


def denied_not_rendered(case: Case, calendar: Calendar) -> None:
    """A claim refused as ineligible is no evidence."""
    case.propose("lumbar_decompression", "against", date(2023, 10, 16))
    case.operate(date(2024, 2, 5), denial="ELIG")


def denial_overturned(case: Case, calendar: Calendar) -> None:
    """Refused as late, then paid by a correction on the second night."""
    case.propose("cholecystectomy", "alternative", date(2023, 9, 25))
    case.operate(date(2024, 5, 13), denial="TIMELY", paid_night=calendar.clipped(1))


def operation_voided(case: Case, calendar: Calendar) -> None:
    """Performed according to the history; a later night voids both claims."""
    case.propose("hip_arthroplasty", "agreed", date(2023, 3, 27), "left")
    case.operate(date(2023, 7, 10), void_night=calendar.clipped(3))


def death_reported_late(case: Case, calendar: Calendar) -> None:
    """The death becomes known on a later night."""
    case.propose("knee_arthroplasty", "against", date(2025, 2, 10))
    died = date(2026, 5, 20)
    case.cover = Cover(end=died, death=died, end_night=calendar.clipped(1))


def terminated_in_retrospect(case: Case, calendar: Calendar) -> None:
    """A later night ends the coverage in the past."""
    case.propose("lumbar_fusion", "against", date(2024, 12, 2))
    case.cover = Cover(end=date(2025, 4, 30), end_night=calendar.clipped(2))


def opinion_delivered_between_nights(case: Case, calendar: Calendar) -> None:
    """Requested in the history, delivered on the day before the second night."""
    night = calendar.clipped(1)
    case.propose("knee_arthroplasty", "against", add_days(calendar.nights[night], -1))
    case.delivery_night = night


def final_diagnosis_comes_late(case: Case, calendar: Calendar) -> None:
    """The reviewer's diagnosis follows a night after the rest."""
    case.propose("knee_arthroplasty", "alternative", add_days(calendar.first, -_TRAILING_DAYS))
    case.kind, case.final_night = "other_disease", calendar.clipped(1)


def position_revised(case: Case, calendar: Calendar) -> None:
    """A later version of the opinion turns agreement into advice against."""
    case.propose("cholecystectomy", "agreed", date(2023, 1, 23))
    case.revised = (calendar.clipped(1), "against")


def two_knees(case: Case, calendar: Calendar) -> None:
    """Two proposals in one opinion; only one is carried out."""
    case.propose("knee_arthroplasty", "agreed", date(2023, 2, 27), "left")
    case.second = (case.family.family_id, opposite("left"), "against")
    case.operate(date(2023, 6, 12))


def biopsy_is_no_operation(case: Case, calendar: Calendar) -> None:
    """A diagnostic procedure of the same organ is not the proposed operation."""
    case.propose("cholecystectomy", "against", date(2023, 3, 13))
    case.biopsy = date(2023, 5, 15)


def nothing_proposed(case: Case, calendar: Calendar) -> None:
    """A question about the diagnosis only; the reviewer adds an operation."""
    case.propose("lumbar_decompression", "agreed", date(2023, 4, 3))
    case.proposed, case.added = False, "cholecystectomy"
    case.operations.clear()


STORIES: tuple[Story, ...] = (
    closed_plain,
    late_claim_restates_confirmed,
    late_claim_restates_provisional,
    _closing("lumbar_decompression", 1),
    _closing("knee_arthroplasty", 2),
    _closing("cholecystectomy", 2),
    _closing("hip_arthroplasty", 3),
    dies_on_last_covered_day,
    dies_inside_paid_month,
    leaves_then_dies,
    gap_just_allowed,
    gap_too_long,
    gap_grows_too_long,
    not_a_member,
    joined_later,
    eligibility_comes_late,
    operated_same_day,
    operated_on_last_day,
    operated_day_after,
    other_knee_only,
    side_not_in_claim,
    side_not_in_proposal,
    operated_before,
    deferred_then_operated,
    deferred_operated_at_once,
    deferred_still_open,
    denied_but_rendered,
    denied_not_rendered,
    denial_overturned,
    operation_voided,
    death_reported_late,
    terminated_in_retrospect,
    opinion_delivered_between_nights,
    final_diagnosis_comes_late,
    position_revised,
    two_knees,
    biopsy_is_no_operation,
    nothing_proposed,
)
