"""The answer key as it accumulates: per night and block, from what has been taken in by then.

Only counts and the statuses of cases are kept, so memory does not grow with the claims.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from simulation.claim_versions import ORIGINAL, REVERSAL, VOID
from simulation.cover_table import member_months as table_months
from simulation.delivery import FileOutcome
from simulation.events import ConsultationRow, Records
from simulation.layouts import money
from simulation.oracle.coverage import coverage, member_months
from simulation.oracle.diagnosis import classify, latest_rows
from simulation.oracle.history import History, taken_by
from simulation.oracle.operations import Bridge
from simulation.oracle.statuses import Cut, ProposalStatus, latest_set, statuses
from simulation.oracle.totals import totals
from simulation.parameters import Calendar
from simulation.profiles import Profile
from simulation.timeline import day_number


@dataclass(slots=True)
class NightTruth:
    """Sums of one payor on one night; money in minor units."""

    diagnosis: dict[str, str] = field(default_factory=dict)
    procedures: dict[str, list[ProposalStatus]] = field(default_factory=dict)
    consultations: dict[str, int] = field(
        default_factory=lambda: {"delivered": 0, "requested": 0, "cancelled": 0}
    )
    member_months: int = 0
    claims: int = 0
    lines: int = 0
    paid: int = 0
    allowed: int = 0
    systems: set[str] = field(default_factory=set)

    def merge(self, other: NightTruth) -> None:
        """Add another block's part of the same night."""
        self.diagnosis |= other.diagnosis
        self.procedures |= other.procedures
        for status, count in other.consultations.items():
            self.consultations[status] += count
        self.systems |= other.systems
        for name in ("member_months", "claims", "lines", "paid", "allowed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


BlockTruth = list[NightTruth]


class Judge:
    """Derives the answer key of one block."""

    def __init__(self, profile: Profile, calendar: Calendar, hidden: tuple[str, ...] = ()) -> None:
        self.profile, self.calendar = profile, calendar
        self.bridge = Bridge.of(profile, hidden)
        self.truth: BlockTruth = [NightTruth() for _ in calendar.nights]

    def add_records(self, records: Records) -> None:
        """Members known by records only: claims, coverage and cases count."""
        block = History(records)
        for index, night in enumerate(self.truth):
            block.advance(index, self.profile.adjustments)
            self._add_claims(night, block)
            self._add_members(night, block, index)
            self._add_cases(night, block, index)

    def add_cases(self, records: Records) -> None:
        """Cases whose members' claims and coverage are counted from tables."""
        block = History(records)
        for index, night in enumerate(self.truth):
            block.advance(index, self.profile.adjustments)
            self._add_cases(night, block, index)

    def add_tables(self, claims: pd.DataFrame, cover: pd.DataFrame) -> None:
        """Totals of claims and coverage of the members in these tables."""
        table = claims[["family", "line", "version", "units", "allowed", "paid", "taken"]].assign(
            service=claims["service"],
            procedure=claims["procedure"],
            original=claims["adjustment"] == ORIGINAL,
            reversal=claims["adjustment"] == REVERSAL,
            void=claims["adjustment"] == VOID,
        )
        for index, night in enumerate(self.truth):
            sums = totals(table, self.profile.adjustments, index)
            night.claims += sums.claims
            night.lines += sums.lines
            night.paid += sums.paid
            night.allowed += sums.allowed
            night.systems |= {self.profile.service_system} if sums.has_service else set()
            night.systems |= {self.profile.facility_system} if sums.has_procedure else set()
            as_of = day_number(self.calendar.nights[index])
            night.member_months += table_months(cover, index, as_of)

    def _add_claims(self, night: NightTruth, block: History) -> None:
        for lines in block.final.values():
            night.claims += 1
            night.lines += len(lines)
            night.paid += sum(line.paid for line in lines)
            night.allowed += sum(line.allowed for line in lines)
            night.systems |= self.bridge.systems(lines)

    def _add_members(self, night: NightTruth, block: History, index: int) -> None:
        as_of = self.calendar.nights[index]
        for spans in block.spans.values():
            covered = coverage(taken_by(spans, index))
            if covered is not None:
                night.member_months += member_months(covered, as_of)

    def _add_cases(self, night: NightTruth, block: History, index: int) -> None:
        cut = Cut(self.calendar.nights[index])
        for case_id, versions in block.consultations.items():
            known = taken_by(versions, index)
            if not known:
                continue
            row = max(known, key=lambda version: version.sequence)
            night.consultations[row.status] += 1
            if row.status == "delivered" and row.delivered and row.delivered <= cut.as_of:
                night.diagnosis[case_id] = self._class(row, block, index)
                night.procedures[case_id] = self._statuses(row, block, index, cut)

    def _class(self, row: ConsultationRow, block: History, index: int) -> str:
        sets = taken_by(block.diagnoses.get(row.consultation_id, []), index)
        return classify(latest_rows(sets, "initial"), latest_rows(sets, "final"), row.insufficient)

    def _statuses(
        self, row: ConsultationRow, block: History, index: int, cut: Cut
    ) -> list[ProposalStatus]:
        assert row.delivered is not None
        pset = latest_set(taken_by(block.procedures.get(row.consultation_id, []), index))
        lines = [
            line
            for family in sorted(block.families_of.get(row.member_id, ()))
            for line in block.final.get(family, ())
        ]
        covered = coverage(taken_by(block.spans.get(row.member_id, []), index))
        return statuses(pset, row.delivered, self.bridge.events(lines), covered, cut)


class Truth:
    """The answer key of one payor, merged from its blocks."""

    def __init__(self, profile: Profile, calendar: Calendar, hidden: tuple[str, ...] = ()) -> None:
        self.profile, self.calendar = profile, calendar
        self.bridge = Bridge.of(profile, hidden)
        self.nights: BlockTruth = [NightTruth() for _ in calendar.nights]

    def add(self, block: BlockTruth) -> None:
        """Merge a block."""
        for night, part in zip(self.nights, block, strict=True):
            night.merge(part)

    def as_json(self, files: dict[int, dict[str, FileOutcome]]) -> dict[str, object]:
        """The payor's part of truth.json."""
        nights = {
            day.isoformat(): self._night_json(self.nights[n], files[n])
            for n, day in enumerate(self.calendar.nights)
        }
        return {"currency": self.profile.currency, "nights": nights}

    def _night_json(self, night: NightTruth, files: dict[str, FileOutcome]) -> dict[str, object]:
        return {
            "diagnosis": night.diagnosis,
            "procedures": {
                case: [self._status_json(status, night.systems) for status in rows]
                for case, rows in night.procedures.items()
            },
            "consultations": night.consultations,
            "member_months": night.member_months,
            "final_claims": {
                "claims": night.claims,
                "lines": night.lines,
                "paid_amount": money(night.paid, self.profile.minor_units),
                "allowed_amount": money(night.allowed, self.profile.minor_units),
            },
            "files": {name: asdict(outcome) for name, outcome in files.items()},
        }

    def _status_json(self, row: ProposalStatus, systems: set[str]) -> dict[str, object]:
        seen = not row.family or self.bridge.observes(row.family, systems)
        status = row.observable if seen else row.hidden
        return {"proposal_no": row.number, "family": row.family or "none", "status": status}


def write_truth(path: Path, content: dict[str, object]) -> None:
    """Write the answer key, sorted, so that the same world has the same bytes."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
