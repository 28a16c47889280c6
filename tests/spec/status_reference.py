"""The eleven statuses in plain Python, written from the method and not from the models.

One call judges one case: everything a payor knows of a person goes in, a verdict per proposal comes
out. Loops and dates only.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

ORDER = (
    "not_applicable",
    "performed_before_opinion",
    "performed_as_proposed",
    "performed_modified",
    "substituted",
    "deferred_performed",
    "censored_death",
    "censored_disenrolled",
    "unverifiable",
    "not_performed_provisional",
    "not_performed_confirmed",
)
SUBSTITUTES = {
    "lumbar_fusion": {"lumbar_decompression"},
    "lumbar_decompression": {"lumbar_fusion"},
    "knee_arthroplasty": {"knee_arthroscopy"},
    "knee_arthroscopy": {"knee_arthroplasty"},
}
NEARBY = timedelta(days=3)
GAP = timedelta(days=45)


@dataclass(frozen=True)
class Event:
    """A rendered procedure in a final claim line; extent 0 and side '' are unknown."""

    family: str
    day: date
    side: str = ""
    extent: int = 0
    kind: str = "professional"
    setting: str = "outpatient"
    dated: bool = False
    assistant: bool = False
    denied: bool = False


@dataclass(frozen=True)
class Request:
    """The newest version of a request for authorisation."""

    number: str
    family: str
    requested: date
    decided: date | None = None
    approved: bool = False
    withdrawn: bool = False
    side: str = ""
    extent: int = 0
    levels: int | None = None


@dataclass(frozen=True)
class Proposal:
    """A proposed procedure, or one that the reviewer added."""

    number: int
    family: str
    position: str
    recommended: date
    side: str = ""
    intent: str | None = None
    window: int = 12
    min_defer: int = 3
    side_rule: str = "side"
    added: bool = False


@dataclass(frozen=True)
class Person:
    """Continuous coverage as (first, last or None) and what else is known; None = not matched."""

    spans: tuple[tuple[date, date | None], ...] = ()
    death: date | None = None
    consent_ends: date | None = None
    events: tuple[Event, ...] = ()
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Night:
    """Day of the data, run-out, grain of outpatient dates, and why families cannot be seen."""

    as_of: date
    runout: int = 3
    grain: str = "day"
    blind: tuple[tuple[str, str], ...] = ()
    families: tuple[str, ...] = (
        "lumbar_fusion",
        "lumbar_decompression",
        "knee_arthroplasty",
        "knee_arthroscopy",
        "hip_arthroplasty",
    )


@dataclass(frozen=True)
class Verdict:
    """What is published of a proposal."""

    status: str
    reason: str | None = None
    intent: str | None = None
    evidence_on: date | None = None
    strength: str | None = None
    extent_change: str | None = None
    denied: bool = False
    avoided: bool = False
    supported: bool = False
    induced: bool = False
    contralateral: bool = False
    late_on: date | None = None
    censored_on: date | None = None
    matures_on: date | None = None


def later(day: date, months: int) -> date:
    """Months later, on the month's last day where that day does not exist."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def judge(
    t0: date, person: Person | None, proposals: list[Proposal], night: Night
) -> dict[int, Verdict]:
    """Verdict by proposal number; number 0 for a case without a proposal."""
    known = person or Person()
    withdrawn = known.consent_ends is not None and known.consent_ends <= night.as_of
    induced = not withdrawn and _induced(t0, known, proposals)
    proposed = [one for one in proposals if not one.added]
    if not proposed:
        matures = later(later(t0, 12), night.runout)
        return {0: Verdict("not_applicable", induced=induced, matures_on=matures)}
    return {
        one.number: _judge(t0, person, known, one, night, withdrawn, induced) for one in proposed
    }


def _induced(t0: date, person: Person, proposals: list[Proposal]) -> bool:
    return any(
        event.family == one.family
        and fits(one.side, event.side)
        and t0 <= event.day <= later(t0, one.window)
        for one in proposals
        if one.added
        for event in person.events
    )


def fits(one: str, other: str) -> bool:
    """Sides may be the same operation."""
    return one == other or not one or not other or "bilateral" in (one, other)


def span(event: Event, grain: str) -> tuple[date, date]:
    """First and last day that the event may have happened on."""
    of_a_stay = event.setting == "inpatient" and event.kind == "institutional"
    if grain == "day" or event.dated or of_a_stay:
        return event.day, event.day
    months = {"month": 1, "quarter": 3}[grain]
    first = date(event.day.year, (event.day.month - 1) // months * months + 1, 1)
    return first, later(first, months) - timedelta(days=1)


def _judge(
    t0: date,
    person: Person | None,
    known: Person,
    one: Proposal,
    night: Night,
    withdrawn: bool,
    induced: bool,
) -> Verdict:
    end = later(t0, one.window + (6 if one.position == "defer" else 0))
    facts = {"matures_on": later(end, night.runout)}
    linked = _link(t0, known, one)
    intent = _intent(t0, one, linked)
    if withdrawn:
        return Verdict("unverifiable", "consent_withdrawn", intent, matures_on=facts["matures_on"])
    own = [e for e in known.events if e.family == one.family]
    same = [e for e in own if fits(one.side, e.side)]
    other = [e for e in own if not fits(one.side, e.side)]
    contralateral = any(_overlaps(e, t0, end, night.grain) for e in other)
    shown = {"intent": intent, "induced": induced, "contralateral": contralateral, **facts}
    found = _performed(t0, end, known, one, night, linked, same)
    if found is not None:
        return Verdict(**(found | shown))  # type: ignore[arg-type]
    horizon = later(t0, 36)
    late = [e.day for e in same if end < span(e, night.grain)[0] <= horizon]
    return _not_performed(t0, end, person, one, night, shown, min(late, default=None))


def _overlaps(event: Event, first: date, last: date, grain: str) -> bool:
    start, stop = span(event, grain)
    return stop >= first and start <= last


def _performed(
    t0: date,
    end: date,
    person: Person,
    one: Proposal,
    night: Night,
    linked: Request | None,
    same: list[Event],
) -> dict[str, object] | None:
    grain = night.grain
    before = [e for e in same if one.recommended <= span(e, grain)[1] < t0]
    if before:
        return _evidence("performed_before_opinion", before, same, one, grain)
    if one.position == "defer":
        kept = [e for e in same if _overlaps(e, later(t0, one.min_defer), end, grain)]
        if kept:
            return _evidence("deferred_performed", kept, same, one, grain)
    plan = [e for e in same if _overlaps(e, t0, later(t0, one.window), grain)]
    if plan:
        wanted = _extent(one, linked)
        told = {e.extent for e in plan if e.extent}
        if wanted and told and wanted not in told:
            change = "less" if max(told) < wanted else "more"
            found = _evidence("performed_modified", plan, same, one, grain)
            return found | {"extent_change": change}
        return _evidence("performed_as_proposed", plan, same, one, grain)
    instead = [
        e
        for e in person.events
        if e.family in SUBSTITUTES.get(one.family, ()) and fits(one.side, e.side)
    ]
    swap = [e for e in instead if _overlaps(e, t0, later(t0, one.window), grain)]
    return _evidence("substituted", swap, instead, one, grain) if swap else None


def _evidence(
    status: str, deciding: list[Event], pool: list[Event], one: Proposal, grain: str
) -> dict[str, object]:
    day = min(e.day for e in deciding)
    around = [e for e in pool if abs(e.day - day) <= NEARBY]
    performed = status in ("performed_as_proposed", "performed_modified", "deferred_performed")
    return {
        "status": status,
        "evidence_on": day,
        "strength": _strength(deciding, around, one, grain),
        "denied": performed and all(e.denied for e in deciding),
    }


def _strength(deciding: list[Event], around: list[Event], one: Proposal, grain: str) -> str:
    if all(span(e, grain)[0] != span(e, grain)[1] for e in deciding):
        return "not_applicable"
    if one.side_rule == "side" and one.side and not any(e.side for e in around):
        return "low"
    facility = any(e.kind == "institutional" for e in around)
    surgeon = any(e.kind == "professional" and not e.assistant for e in around)
    return "confirmed" if facility and surgeon else "probable"


def _link(t0: date, person: Person, one: Proposal) -> Request | None:
    """The request that speaks for the proposal: approved first, then the latest."""
    near = [
        r
        for r in person.requests
        if not r.withdrawn
        and r.family == one.family
        and fits(one.side, r.side)
        and later(t0, -12) <= r.requested <= t0
    ]
    best = max(near, key=lambda r: (_in_time(r, t0), r.requested, r.number), default=None)
    return best


def _in_time(request: Request, t0: date) -> bool:
    return request.approved and (request.decided is None or request.decided < t0)


def _extent(one: Proposal, linked: Request | None) -> int:
    if linked is None:
        return 0
    if one.side_rule == "levels" and linked.levels:
        return min(linked.levels, 2)
    return linked.extent


def _intent(t0: date, one: Proposal, linked: Request | None) -> str | None:
    words = [one.intent] if one.intent else []
    if linked is not None:
        words.append("E1" if _in_time(linked, t0) else "E2")
    return min(words, default=None)


def _not_performed(
    t0: date,
    end: date,
    person: Person | None,
    one: Proposal,
    night: Night,
    shown: dict[str, object],
    late: date | None,
) -> Verdict:
    around = [
        s for s in (person.spans if person else ()) if s[0] <= t0 and (s[1] is None or t0 <= s[1])
    ]
    if around:
        ended = _watch_ended(around[0][1], person.death if person else None, end, night)
        if ended is not None:
            status, day = ended
            return Verdict(status, censored_on=day, late_on=late, **shown)  # type: ignore[arg-type]
    reason = _blind(person, bool(around), one, night)
    if reason is not None:
        return Verdict("unverifiable", reason, **shown)  # type: ignore[arg-type]
    if night.as_of < later(end, night.runout):
        return Verdict("not_performed_provisional", late_on=late, **shown)  # type: ignore[arg-type]
    return Verdict(
        "not_performed_confirmed",
        avoided=one.position in ("against", "alternative"),
        supported=one.position == "agreed",
        late_on=late,
        **shown,  # type: ignore[arg-type]
    )


def _watch_ended(
    covered_to: date | None, death: date | None, end: date, night: Night
) -> tuple[str, date] | None:
    """The earlier of death and departure before the window's end; on one day it is death."""
    ends = []
    if death is not None and death <= night.as_of:
        ends.append((death, 0, "censored_death"))
    if covered_to is not None and covered_to < night.as_of - GAP:
        ends.append((covered_to, 1, "censored_disenrolled"))
    first = min(ends, default=None)
    return (first[2], first[0]) if first is not None and first[0] < end else None


def _blind(person: Person | None, covered: bool, one: Proposal, night: Night) -> str | None:
    if person is None:
        return "not_in_eligibility"
    if not covered:
        return "not_covered_at_opinion"
    if one.family not in night.families:
        return "family_unknown"
    return dict(night.blind).get(one.family)
