"""Coverage of members as versions of spans keyed (member, start, plan)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from simulation.calendars import add_days
from simulation.cases import Cover
from simulation.events import Span
from simulation.parameters import Calendar
from simulation.people import Person


def spans(person: Person, cover: Cover, calendar: Calendar, rng: np.random.Generator) -> list[Span]:
    """Every version of the member's coverage rows. Absent members have none."""
    if cover.absent:
        return []
    pieces = _pieces(person, cover, rng)
    out: list[Span] = []
    for start, end, plan in pieces:
        first = Span(person.member_id, start, None, plan, 1, start)
        if cover.arrival_night is not None:
            first.pinned_night = cover.arrival_night
        out.append(first)
        if end is None:
            continue
        last = replace(first, end=end, sequence=2, available=add_days(end, 1))
        is_final = end == cover.end
        last.death = cover.death if is_final else None
        if is_final and cover.end_night is not None:
            last.pinned_night = cover.end_night
        out.append(last)
    return out + _retro(out, cover, calendar, rng)


def _pieces(
    person: Person, cover: Cover, rng: np.random.Generator
) -> list[tuple[date, date | None, str]]:
    """(start, end, plan) without versions: a gap and a change of plan cut the coverage."""
    cuts: list[tuple[date, date | None]] = [(cover.start, cover.end)]
    if cover.gap is not None:
        first_out, days = cover.gap
        cuts = [(cover.start, add_days(first_out, -1)), (add_days(first_out, days), cover.end)]
    changes = rng.random() < 0.1
    new_year = date(2024, 1, 1)
    out: list[tuple[date, date | None, str]] = []
    for start, end in cuts:
        if changes and start < new_year and (end is None or end > new_year):
            out.append((start, add_days(new_year, -1), person.plan))
            out.append((new_year, end, person.plan + " 2024"))
        else:
            out.append((start, end, person.plan))
    return out


def _retro(
    versions: list[Span], cover: Cover, calendar: Calendar, rng: np.random.Generator
) -> list[Span]:
    """Few ordinary members are terminated in retrospect, on a night after the first."""
    last = versions[-1]
    if len(calendar.nights) < 2 or last.end is not None or rng.random() >= 0.008:
        return []
    if cover.arrival_night is not None:
        return []
    end = add_days(calendar.first, -int(rng.integers(50, 120)))
    if end <= last.start:
        return []
    night = int(rng.integers(1, len(calendar.nights)))
    return [replace(last, end=end, sequence=2, pinned_night=night)]
