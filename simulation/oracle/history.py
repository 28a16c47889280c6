"""What has been taken in of one block of members, night by night."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from simulation.events import Claim, Records, Span
from simulation.oracle.claims import FinalLine, final_lines


class Taken(Protocol):
    """A record that knows the night that took it in."""

    taken: int | None


class OfCase(Taken, Protocol):
    """A record of a consultation."""

    consultation_id: str


AnyTaken = TypeVar("AnyTaken", bound=Taken)
AnyOfCase = TypeVar("AnyOfCase", bound=OfCase)


def taken_by(records: Iterable[AnyTaken], night: int) -> list[AnyTaken]:
    """The records taken in on that night or before."""
    return [r for r in records if r.taken is not None and r.taken <= night]


class History:
    """Records by member, claim family and case; `final` holds the lines that count."""

    def __init__(self, records: Records) -> None:
        self._coming: dict[int, list[Claim]] = {}
        for claim in records.claims:
            if claim.taken is not None:
                self._coming.setdefault(claim.taken, []).append(claim)
        self._versions: dict[str, list[Claim]] = {}
        self.final: dict[str, list[FinalLine]] = {}
        self.families_of: dict[str, set[str]] = {}
        self.spans: dict[str, list[Span]] = {}
        for span in records.spans:
            self.spans.setdefault(span.member_id, []).append(span)
        self.consultations = _by_case(records.consultations)
        self.diagnoses = _by_case(records.diagnosis_sets)
        self.procedures = _by_case(records.procedure_sets)

    def advance(self, night: int, style: str) -> None:
        """Add the claims of that night and settle the families they touch."""
        touched = set()
        for claim in self._coming.get(night, ()):
            self._versions.setdefault(claim.family, []).append(claim)
            self.families_of.setdefault(claim.member_id, set()).add(claim.family)
            touched.add(claim.family)
        for family in touched:
            lines = final_lines(self._versions[family], style)
            if lines:
                self.final[family] = lines
            else:
                self.final.pop(family, None)


def _by_case(records: Iterable[AnyOfCase]) -> dict[str, list[AnyOfCase]]:
    grouped: dict[str, list[AnyOfCase]] = {}
    for record in records:
        grouped.setdefault(record.consultation_id, []).append(record)
    return grouped
