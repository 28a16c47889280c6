"""Operations seen in final claim lines, by the oracle's own bridge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from simulation.calendars import add_days, add_months
from simulation.families import BridgeRow, bridge_rows, pcs_rows
from simulation.oracle.claims import FinalLine
from simulation.profiles import Profile

RENDERED_DENIALS = frozenset({"AUTH", "MEDNEC"})
_MODIFIER_SIDE = {"LT": "left", "RT": "right", "50": "bilateral"}


@dataclass(frozen=True, slots=True)
class Event:
    """An operation of a family on a day; an empty side is unknown.

    `last` is the last day it may have been, where the claim only tells the first of a quarter.
    """

    family: str
    side: str
    day: date
    last: date | None = None

    def within(self, first: date, last: date) -> bool:
        """Whether it may have been on one of these days."""
        return (self.last or self.day) >= first and self.day <= last


@dataclass(slots=True)
class Bridge:
    """Code to family, for one payor."""

    profile: Profile
    rows: list[BridgeRow]
    _seen: dict[tuple[str, str], BridgeRow | None] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Profile, hidden: tuple[str, ...] = ()) -> Bridge:
        """The payor's own codes beside the public ones; `hidden` families are in no bridge."""
        rows = bridge_rows(profile.service_system, (*profile.hidden_families, *hidden))
        return cls(profile, rows + pcs_rows())

    def lookup(self, system: str, code: str) -> BridgeRow | None:
        """The row of that code; none if unmapped or diagnostic."""
        if (system, code) not in self._seen:
            self._seen[system, code] = self._find(system, code)
        return self._seen[system, code]

    def _find(self, system: str, code: str) -> BridgeRow | None:
        for row in self.rows:
            if row.code_system == system and code.startswith(row.prefix):
                diagnostic = row.excluded_qualifier and code.endswith(row.excluded_qualifier)
                return None if diagnostic else row
        return None

    def observes(self, family: str, systems: Iterable[str]) -> bool:
        """Whether every code system seen in the claims can say that family."""
        mapped = {row.code_system for row in self.rows if row.family_id == family}
        return all(system in mapped for system in systems)

    def systems(self, lines: Iterable[FinalLine]) -> set[str]:
        """Code systems in which these lines name procedures."""
        seen = set()
        for final in lines:
            if final.line.service_code:
                seen.add(self.profile.service_system)
            if final.claim.procedure_code:
                seen.add(self.profile.facility_system)
        return seen

    def events(self, lines: Iterable[FinalLine]) -> list[Event]:
        """Operations with evidence: the service was rendered, paid or not."""
        found = []
        for final in lines:
            if final.claim.denial and final.claim.denial not in RENDERED_DENIALS:
                continue
            found += self._service(final) + self._procedure(final)
        return found

    def _service(self, final: FinalLine) -> list[Event]:
        row = self.lookup(self.profile.service_system, final.line.service_code)
        if row is None or not final.line.service_code:
            return []
        side = row.laterality or _MODIFIER_SIDE.get(final.line.modifier, "")
        day = final.claim.admission or final.line.day
        last = None
        if self.profile.quarter_grain and not final.claim.admission:
            last = add_days(add_months(day, 3), -1)
        return [Event(row.family_id, side, day, last)]

    def _procedure(self, final: FinalLine) -> list[Event]:
        claim = final.claim
        row = self.lookup(self.profile.facility_system, claim.procedure_code)
        if row is None or not claim.procedure_code:
            return []
        day = claim.procedure_date or claim.admission or final.line.day
        return [Event(row.family_id, row.laterality, day)]


def compatible(one: str, other: str) -> bool:
    """Equal sides, or one of them unknown or both."""
    return one == other or not {one, other}.isdisjoint({"", "bilateral"})
