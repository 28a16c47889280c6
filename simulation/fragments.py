"""Text of a block by the file it goes into, before any file is opened.

A place is (night index, feed, part). Rows go to the file as they are added; of a broken file the
rows are taken in with the night that brings them again.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulation import layouts
from simulation.events import Claim, Records, Span
from simulation.parameters import Calendar
from simulation.people import Person
from simulation.profiles import Profile

Place = tuple[int, str, int]
HISTORY_PARTS = {"medical_claim": 3, "eligibility": 2, "consultation": 2}
BROKEN_PART = 8
_BROKEN_SHARE_HISTORY, _BROKEN_SHARE_DELTA = 37, 2


@dataclass(slots=True)
class Fragment:
    """Rows of one file: text with line ends, number of rows, control total in minor units."""

    text: list[str] = field(default_factory=list)
    rows: int = 0
    control: int = 0


def mended_night(profile: Profile, calendar: Calendar) -> int | None:
    """Night that brings the broken file again, if any breaks."""
    broken = profile.accidents.broken
    if broken is None or broken >= len(calendar.nights):
        return None
    return calendar.at_or_after(broken + 1)


class Sorter:
    """Sorts the rows of one block of one payor into places."""

    def __init__(self, profile: Profile, calendar: Calendar) -> None:
        self.profile, self.calendar = profile, calendar
        self.fragments: dict[Place, Fragment] = {}
        self.mended = mended_night(profile, calendar)

    def add(self, place: Place, text: str, rows: int, control: int = 0) -> None:
        """Add finished lines."""
        fragment = self.fragments.setdefault(place, Fragment())
        fragment.text.append(text)
        fragment.rows += rows
        fragment.control += control

    def claim_places(
        self,
        night: npt.NDArray[np.int64],
        key: npt.NDArray[np.int64],
        version: npt.NDArray[np.int64],
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(part, night that takes the row in) of claim rows that some night delivers."""
        history = (key + version) % HISTORY_PARTS["medical_claim"]
        part = np.where(night == 0, history, 0)
        broken = self.profile.accidents.broken
        if self.mended is None or broken is None:
            return part, night
        share = _BROKEN_SHARE_DELTA if broken else _BROKEN_SHARE_HISTORY
        hit = (night == broken) & (key % share == 0)
        return np.where(hit, BROKEN_PART, part), np.where(hit, self.mended, night)

    def send(self, records: Records, people: dict[str, Person]) -> None:
        """Add a block's records and mark each with the night that takes it in."""
        self._send_spans(records.spans, people)
        self._send_claims(records.claims)
        for row in records.consultations:
            values = layouts.consultation_row(row)
            row.taken = self._put("consultation", row.night, row.sequence, [values])
        for dset in records.diagnosis_sets:
            rows = layouts.diagnosis_rows(dset)
            dset.taken = self._put("consultation_diagnosis", dset.night, 0, rows)
        for pset in records.procedure_sets:
            rows = layouts.procedure_rows(pset)
            pset.taken = self._put("consultation_procedure", pset.night, 0, rows)

    def _send_spans(self, spans: list[Span], people: dict[str, Person]) -> None:
        for span in spans:
            row = layouts.eligibility_row(span, people[span.member_id], self.profile)
            key = zlib.crc32(span.member_id.encode()) + span.sequence
            span.taken = self._put("eligibility", span.night, key, [row])

    def _send_claims(self, claims: list[Claim]) -> None:
        for claim in claims:
            if claim.night is None:
                continue
            key = np.array([zlib.crc32(claim.family.encode())])
            part, taken = self.claim_places(
                np.array([claim.night]), key, np.array([claim.sequence])
            )
            claim.taken = int(taken[0])
            rows = list(layouts.claim_rows(claim, self.profile))
            place = (claim.night, "medical_claim", int(part[0]))
            text = csv_text("medical_claim", [row for row, _ in rows], self.profile)
            self.add(place, text, len(rows), sum(paid for _, paid in rows))

    def _put(self, feed: str, night: int | None, key: int, rows: Iterable[list[str]]) -> int | None:
        if night is None:
            return None
        parts = HISTORY_PARTS.get(feed, 1) if night == 0 else 1
        listed = list(rows)
        self.add((night, feed, key % parts), csv_text(feed, listed, self.profile), len(listed))
        return night


def csv_text(feed: str, rows: list[list[str]], profile: Profile) -> str:
    """Rows in the feed's own column order as lines of the payor's file."""
    order = layouts.places(feed, profile)
    extra = layouts.constants(feed, profile)
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=profile.delimiter_of(feed), lineterminator=profile.newline_of(feed)
    )
    writer.writerows([[*(row[n] for n in order), *extra] for row in rows])
    return out.getvalue()
