"""Cumulative incidence with death competing: the Aalen-Johansen estimator on exact days.

1 - Kaplan-Meier would treat the dead as if they could still be operated and overstates. Ties are
exact and never broken at random: on one day all events share one risk set, a procedure on the day
of death counts as a procedure, and whoever leaves on a day was at risk on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Cause = Literal["procedure", "death", "censored"]
ZERO = Decimal(0)
ONE = Decimal(1)
# A century has so many days and months: a month of mean length.
DAYS, MONTHS = 36525, 1200


@dataclass(frozen=True)
class Course:
    """One case: days from the opinion to its first event, or to the end of its observation."""

    days: int
    cause: Cause


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence at the end of a month; se is None where too few are at risk."""

    month: int
    procedure: Decimal
    death: Decimal
    at_risk: int
    se: Decimal


def course(
    procedure_day: int | None, death_day: int | None, left_day: int | None, last_day: int
) -> Course:
    """The first of procedure, death and departure within `last_day` days; then ties as above."""
    ends = [
        (day, order, cause)
        for order, (day, cause) in enumerate(
            (
                (procedure_day, "procedure"),
                (death_day, "death"),
                (left_day, "censored"),
                (last_day, "censored"),
            )
        )
        if day is not None and day <= last_day
    ]
    day, _, cause = min(ends)
    return Course(max(day, 0), cause)  # type: ignore[arg-type]


def month_end(month: int) -> int:
    """Last day, counted from the opinion, of the given month of mean length."""
    return month * DAYS // MONTHS


def cumulative_incidence(courses: Iterable[Course], last_month: int) -> Sequence[Incidence]:
    """Points for months 0..last_month; empty without a case.

    se: of the procedure's incidence, as if cases were drawn from a multinomial at each event day
    (the delta method of Aalen and Johansen, written as a running sum).
    """
    ended = list(courses)
    if not ended:
        return []
    on_day, all_steps = _on_day(ended), steps(ended)
    points: list[Incidence] = []
    for month in range(last_month + 1):
        until = [step for step in all_steps if step.day <= month_end(month)]
        last = until[-1] if until else Step(0, len(ended), 0, 0, ONE, ZERO, ZERO)
        left = sum(counts.total() for day, counts in on_day.items() if day <= month_end(month))
        se = _standard_error(until, last.procedure)
        points.append(Incidence(month, last.procedure, last.death, len(ended) - left, se))
    return points


@dataclass(frozen=True)
class Step:
    """One event day: who was at risk, what happened, the state before and the curves after."""

    day: int
    at_risk: int
    operated: int
    died: int
    free_before: Decimal
    procedure: Decimal
    death: Decimal


def steps(courses: Sequence[Course]) -> list[Step]:
    """The curves where they move: one step for each day with a procedure or a death, in order."""
    free, procedure, death, at_risk = ONE, ZERO, ZERO, len(courses)
    found: list[Step] = []
    for day, counts in sorted(_on_day(courses).items()):
        operated, died = counts["procedure"], counts["death"]
        if operated or died:
            before = free
            procedure += before * operated / at_risk
            death += before * died / at_risk
            free = before * (at_risk - operated - died) / at_risk
            found.append(Step(day, at_risk, operated, died, before, procedure, death))
        at_risk -= counts.total()
    return found


def _on_day(courses: Iterable[Course]) -> dict[int, Counter[Cause]]:
    """How many courses ended on a day, by cause."""
    found: dict[int, Counter[Cause]] = {}
    for one in courses:
        found.setdefault(one.days, Counter())[one.cause] += 1
    return found


def _standard_error(until: Sequence[Step], incidence: Decimal) -> Decimal:
    """Variance = sum over event days of the day's multinomial variance times its leverage."""
    variance = ZERO
    for step in until:
        operated = Decimal(step.operated) / step.at_risk
        ended = Decimal(step.operated + step.died) / step.at_risk
        free_after = step.free_before * (ONE - ended)
        # what one more operated (or ended) share would change in the incidence at the end
        ahead = (incidence - step.procedure) / free_after if free_after else ZERO
        gain, loss = ONE - ahead, -ahead
        died = ended - operated
        mean = gain * operated + loss * died
        spread = gain * gain * operated + loss * loss * died - mean * mean
        variance += step.free_before**2 * spread / step.at_risk
    return max(variance, ZERO).sqrt()


def verified_avoidance(incidence: Incidence) -> Decimal:
    """Share alive and not operated at the window's end: 1 - CIF procedure - CIF death."""
    return max(ONE - incidence.procedure - incidence.death, ZERO)
