"""Coverage of a member as the latest versions of spans say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from simulation.calendars import month_number, months_between
from simulation.events import Span

ALLOWED_GAP_DAYS = 45


@dataclass(frozen=True, slots=True)
class Coverage:
    """(first, last) covered days in order of the first; last None is open."""

    spans: tuple[tuple[date, date | None], ...]
    death: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day is covered."""
        return any(a <= day and (b is None or day <= b) for a, b in self.spans)

    def last_day(self, start: date, as_of: date) -> date | None:
        """Disenrolment: last day of the continuous coverage containing `start`, None if none yet.

        Gaps of up to 45 uncovered days do not interrupt; neither does an end that recent.
        """
        end: date | None = None
        for first, last in self.spans:
            if end is None:
                if last is None and first <= start:
                    return None
                if first <= start and last is not None and start <= last:
                    end = last
            elif (first - end).days - 1 > ALLOWED_GAP_DAYS:
                break
            elif last is None:
                return None
            else:
                end = max(end, last)
        if end is None or (as_of - end).days <= ALLOWED_GAP_DAYS:
            return None
        return end


def coverage(versions: Iterable[Span]) -> Coverage | None:
    """Coverage of one member from the delivered versions; None without any."""
    latest: dict[tuple[date, str], Span] = {}
    for span in versions:
        kept = latest.get((span.start, span.plan))
        if kept is None or span.sequence > kept.sequence:
            latest[span.start, span.plan] = span
    if not latest:
        return None
    spans = sorted(latest.values(), key=lambda span: (span.start, span.plan))
    deaths = [span.death for span in spans if span.death is not None]
    return Coverage(tuple((s.start, s.end) for s in spans), max(deaths, default=None))


def member_months(covered: Coverage, as_of: date) -> int:
    """Months with a covered day that have begun by `as_of`."""
    months: set[int] = set()
    cap = month_number(as_of)
    for first, last in covered.spans:
        until = last if last is not None else as_of
        months.update(m for m in months_between(first, until) if m <= cap)
    return len(months)
