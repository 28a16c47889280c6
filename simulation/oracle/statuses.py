"""Status of every proposed operation at a data cut, evaluated from the top down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from simulation.calendars import add_months
from simulation.events import ProcedureSet, Proposal
from simulation.families import BY_ID
from simulation.oracle.coverage import Coverage
from simulation.oracle.operations import Event, compatible

NOT_APPLICABLE = "not_applicable"
UNVERIFIABLE = "unverifiable"
DEFER_EXTRA_MONTHS = 6
STATUSES = (
    NOT_APPLICABLE,
    "performed_before_opinion",
    "performed_as_proposed",
    "substituted",
    "deferred_performed",
    "censored_death",
    "censored_disenrolled",
    UNVERIFIABLE,
    "not_performed_provisional",
    "not_performed_confirmed",
)
# (proposed, done in its place)
_SUBSTITUTES = {
    ("lumbar_fusion", "lumbar_decompression"),
    ("lumbar_decompression", "lumbar_fusion"),
}
_POSITIONS = {
    "proceed": "agreed",
    "modify": "agreed",
    "against": "against",
    "alternative": "alternative",
    "defer": "defer",
    "": "none",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """The day of the data and the payor's run-out."""

    as_of: date
    runout_months: int = 3


@dataclass(frozen=True, slots=True)
class ProposalStatus:
    """Status if the payor's claims can show the family, and `hidden` if they cannot."""

    number: int
    family: str
    observable: str
    hidden: str


def latest_set(versions: Iterable[ProcedureSet]) -> ProcedureSet | None:
    """The version with the highest sequence."""
    return max(versions, key=lambda pset: pset.sequence, default=None)


def position(proposal: Proposal, with_final: bool) -> str:
    """The reviewer's position; `none` without a final row."""
    return _POSITIONS[proposal.recommendation] if with_final else "none"


def statuses(
    pset: ProcedureSet | None,
    t0: date,
    events: list[Event],
    covered: Coverage | None,
    cut: Cut,
) -> list[ProposalStatus]:
    """One status per proposal; a case without any has one row, number 0."""
    if pset is None or not pset.proposals:
        return [ProposalStatus(0, "", NOT_APPLICABLE, NOT_APPLICABLE)]
    return [
        ProposalStatus(
            proposal.number,
            proposal.family,
            *_status(proposal, position(proposal, pset.with_final), t0, events, covered, cut),
        )
        for proposal in pset.proposals
    ]


def _status(
    proposal: Proposal,
    stand: str,
    t0: date,
    events: list[Event],
    covered: Coverage | None,
    cut: Cut,
) -> tuple[str, str]:
    """(status when the family is observable, status when it is not)."""
    family = BY_ID[proposal.family]
    plain_end = add_months(t0, family.window_months)
    extra = DEFER_EXTRA_MONTHS if stand == "defer" else 0
    window_end = add_months(t0, family.window_months + extra)
    fitting = [event for event in events if compatible(event.side, proposal.side)]
    own = [event for event in fitting if event.family == proposal.family]
    if any(proposal.recommended <= (event.last or event.day) < t0 for event in own):
        return ("performed_before_opinion",) * 2
    least = add_months(t0, family.min_defer_months)
    if stand == "defer" and any(event.within(least, window_end) for event in own):
        return ("deferred_performed",) * 2
    if any(event.within(t0, plain_end) for event in own):
        return ("performed_as_proposed",) * 2
    instead = [event for event in fitting if (proposal.family, event.family) in _SUBSTITUTES]
    if any(event.within(t0, plain_end) for event in instead):
        return ("substituted",) * 2
    status = _without_operation(t0, window_end, covered, cut)
    return status, status if status.startswith("censored") else UNVERIFIABLE


def _without_operation(t0: date, window_end: date, covered: Coverage | None, cut: Cut) -> str:
    if covered is None or not covered.covers(t0):
        return UNVERIFIABLE
    ends = []
    if covered.death is not None and covered.death <= cut.as_of:
        ends.append((covered.death, 0, "censored_death"))
    left = covered.last_day(t0, cut.as_of)
    if left is not None:
        ends.append((left, 1, "censored_disenrolled"))
    decisive = min(ends, default=None)
    if decisive is not None and decisive[0] < window_end:
        return decisive[2]
    if cut.as_of < add_months(window_end, cut.runout_months):
        return "not_performed_provisional"
    return "not_performed_confirmed"
