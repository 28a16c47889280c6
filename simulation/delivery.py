"""Night by night: which file carries a record, and what goes wrong on the way.

The history of the first night comes in several files; versions of one claim fall into different
ones, so the order of files says nothing. A broken file is refused; the same rows come again,
intact, on the next night with files, and only then are they taken in.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulation import layouts
from simulation.bad_rows import BadRow, bad_rows
from simulation.events import Claim, Records, Span
from simulation.parameters import Calendar
from simulation.people import Person
from simulation.profiles import Profile
from simulation.writers import RowFile, miscount_trailer, truncate

_HISTORY_PARTS = {"medical_claim": 3, "eligibility": 2, "consultation": 2}
_BROKEN_PART, _MENDED_PART, _COPY_PART = 8, 9, 19
_BROKEN_SHARE_HISTORY, _BROKEN_SHARE_DELTA = 37, 2

Place = tuple[int, str, int]


@dataclass(slots=True)
class FileOutcome:
    """What a correct intake does with a file. `rows` = accepted + quarantined."""

    outcome: str
    code: str | None
    rows: int
    quarantined: dict[str, int] = field(default_factory=dict)


class Delivery:
    """The open files of one payor."""

    def __init__(self, out: Path, profile: Profile, calendar: Calendar) -> None:
        self.profile, self.calendar = profile, calendar
        self._out = out
        self._files: dict[Place, RowFile] = {}
        self._bad: dict[Place, dict[str, int]] = {}
        self._mended_night = self._find_mended_night()
        self._write_bad_rows()

    def send(self, records: Records, people: dict[str, Person]) -> None:
        """Write a block's records and mark each with the night that takes it in."""
        self._send_spans(records.spans, people)
        self._send_claims(records.claims)
        for row in records.consultations:
            row.taken = self._put(
                "consultation", row.night, row.sequence, [layouts.consultation_row(row)]
            )
        for dset in records.diagnosis_sets:
            rows = layouts.diagnosis_rows(dset)
            dset.taken = self._put("consultation_diagnosis", dset.night, 0, rows)
        for pset in records.procedure_sets:
            rows = layouts.procedure_rows(pset)
            pset.taken = self._put("consultation_procedure", pset.night, 0, rows)

    def close(self) -> dict[int, dict[str, FileOutcome]]:
        """Close all files, break what is to break; outcomes by night index and file name."""
        outcomes: dict[int, dict[str, FileOutcome]] = {n: {} for n in self._night_indices()}
        for place in sorted(self._files):
            file = self._files[place]
            file.close()
            quarantined = self._bad.get(place, {})
            outcomes[place[0]][file.path.name] = FileOutcome("loaded", None, file.rows, quarantined)
        self._break_file(outcomes)
        self._copy_file(outcomes)
        return outcomes

    def _night_indices(self) -> range:
        return range(len(self.calendar.nights))

    def _send_spans(self, spans: list[Span], people: dict[str, Person]) -> None:
        for span in spans:
            row = layouts.eligibility_row(span, people[span.member_id], self.profile)
            span.taken = self._put(
                "eligibility", span.night, _hash(span.member_id) + span.sequence, [row]
            )

    def _send_claims(self, claims: list[Claim]) -> None:
        for claim in claims:
            if claim.night is None:
                continue
            key = _hash(claim.family)
            broken = self._is_broken(claim.night, key)
            part = _BROKEN_PART if broken else self._part("medical_claim", claim.night, key, claim)
            file = self._file((claim.night, "medical_claim", part))
            for row, paid in layouts.claim_rows(claim, self.profile):
                file.write(row, paid)
            claim.taken = self._mended_night if broken else claim.night

    def _part(self, feed: str, night: int, key: int, claim: Claim | None = None) -> int:
        shift = claim.sequence if claim is not None else 0
        return (key + shift) % _HISTORY_PARTS.get(feed, 1) if night == 0 else 0

    def _put(self, feed: str, night: int | None, key: int, rows: Iterable[list[str]]) -> int | None:
        if night is None:
            return None
        file = self._file((night, feed, self._part(feed, night, key)))
        for row in rows:
            file.write(row)
        return night

    def _file(self, place: Place) -> RowFile:
        file = self._files.get(place)
        if file is None:
            file = self._files[place] = RowFile(self._path(*place), place[1], self.profile)
        return file

    def _path(self, night: int, feed: str, part: int) -> Path:
        day = self.calendar.nights[night]
        name = f"{feed}_{day:%Y%m%d}_{part + 1:02d}{self.profile.suffix}"
        return self._out / "nights" / day.isoformat() / self.profile.payor / feed / name

    def _find_mended_night(self) -> int | None:
        broken = self.profile.accidents.broken
        if broken is None or broken >= len(self.calendar.nights):
            return None
        return self.calendar.at_or_after(broken + 1)

    def _is_broken(self, night: int, key: int) -> bool:
        if self._mended_night is None or night != self.profile.accidents.broken:
            return False
        return key % (_BROKEN_SHARE_DELTA if night else _BROKEN_SHARE_HISTORY) == 0

    def _break_file(self, outcomes: dict[int, dict[str, FileOutcome]]) -> None:
        night, mended = self.profile.accidents.broken, self._mended_night
        if night is None or mended is None:
            return
        file = self._files.get((night, "medical_claim", _BROKEN_PART))
        if file is None:
            return
        again = self._path(mended, "medical_claim", _MENDED_PART)
        again.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, again)
        outcomes[mended][again.name] = FileOutcome("loaded", None, file.rows)
        by_trailer = self.profile.accidents.truncated is None
        (miscount_trailer if by_trailer else truncate)(file.path)
        code = "E-COUNT" if by_trailer else "E-TRUNC"
        outcomes[night][file.path.name] = FileOutcome("refused", code, 0)

    def _copy_file(self, outcomes: dict[int, dict[str, FileOutcome]]) -> None:
        night = self.profile.accidents.duplicate
        first = self._files.get((0, "medical_claim", 1))
        if night is None or night >= len(self.calendar.nights) or first is None:
            return
        again = self._path(night, "medical_claim", _COPY_PART)
        again.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(first.path, again)
        outcomes[night][again.name] = FileOutcome("duplicate", "I-DUP", 0)

    def _write_bad_rows(self) -> None:
        accidents = self.profile.accidents
        for feed, night in (
            ("medical_claim", accidents.bad_claims),
            ("eligibility", accidents.bad_eligibility),
            ("consultation", accidents.bad_consultations),
        ):
            if night is not None and night < len(self.calendar.nights):
                self._write_bad(feed, (night, feed, 0))

    def _write_bad(self, feed: str, place: Place) -> None:
        counts: dict[str, int] = {}
        for bad in bad_rows(feed, self.profile):
            self._write_one_bad(self._file(place), bad)
            counts[bad.code] = counts.get(bad.code, 0) + 1
        self._bad[place] = counts

    def _write_one_bad(self, file: RowFile, bad: BadRow) -> None:
        if bad.code == "Q-COLS":
            file.write_wide(bad.values)
        else:
            file.write(bad.values)


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())
