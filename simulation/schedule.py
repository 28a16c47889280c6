"""Which night carries a record: the first with files after the sender has it."""

from __future__ import annotations

from simulation.calendars import add_days
from simulation.events import Claim, Records, Span
from simulation.parameters import Calendar


def schedule(records: Records, calendar: Calendar) -> None:
    """Set the night of claims and spans; consultations know theirs already."""
    for claim in records.claims:
        claim.night = _claim_night(claim, calendar)
    for span in records.spans:
        span.night = _span_night(span, calendar)


def _claim_night(claim: Claim, calendar: Calendar) -> int | None:
    if claim.pinned_night is not None:
        return calendar.at_or_after(claim.pinned_night)
    return calendar.index_on(add_days(claim.adjudicated, 1))


def _span_night(span: Span, calendar: Calendar) -> int | None:
    if span.pinned_night is not None:
        return calendar.at_or_after(span.pinned_night)
    return calendar.index_on(span.available)
