"""Night by night: the files of one payor, and what goes wrong on the way.

The history of the first night comes in several files; versions of one claim fall into different
ones, so the order of files says nothing. A broken file is refused; the same rows come again,
intact, on the next night with files, and only then are they taken in.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from simulation.bad_rows import BadRow, bad_rows
from simulation.fragments import BROKEN_PART, Fragment, Place, csv_text, mended_night
from simulation.parameters import Calendar
from simulation.profiles import Profile
from simulation.writers import FeedFile, miscount_trailer, truncate

_MENDED_PART, _COPY_PART = 9, 19


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
        self._files: dict[Place, FeedFile] = {}
        self._bad: dict[Place, dict[str, int]] = {}
        self._mended_night = mended_night(profile, calendar)
        self._write_bad_rows()

    def send(self, fragments: dict[Place, Fragment]) -> None:
        """Append the rows of a block."""
        for place in sorted(fragments):
            fragment = fragments[place]
            self._file(place).write("".join(fragment.text), fragment.rows, fragment.control)

    def close(self) -> dict[int, dict[str, FileOutcome]]:
        """Close all files, break what is to break; outcomes by night index and file name."""
        outcomes: dict[int, dict[str, FileOutcome]] = {
            n: {} for n in range(len(self.calendar.nights))
        }
        for place in sorted(self._files):
            file = self._files[place]
            file.close()
            quarantined = self._bad.get(place, {})
            outcomes[place[0]][file.path.name] = FileOutcome("loaded", None, file.rows, quarantined)
        self._break_file(outcomes)
        self._copy_file(outcomes)
        return outcomes

    def _file(self, place: Place) -> FeedFile:
        file = self._files.get(place)
        if file is None:
            file = self._files[place] = FeedFile(self._path(*place), place[1], self.profile)
        return file

    def _path(self, night: int, feed: str, part: int) -> Path:
        day = self.calendar.nights[night]
        name = f"{feed}_{day:%Y%m%d}_{part + 1:02d}{self.profile.suffix_of(feed)}"
        return self._out / "nights" / day.isoformat() / self.profile.payor / feed / name

    def _break_file(self, outcomes: dict[int, dict[str, FileOutcome]]) -> None:
        night, mended = self.profile.accidents.broken, self._mended_night
        if night is None or mended is None:
            return
        file = self._files.get((night, "medical_claim", BROKEN_PART))
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
            self._file(place).write(self._bad_text(feed, bad), 1)
            counts[bad.code] = counts.get(bad.code, 0) + 1
        self._bad[place] = counts

    def _bad_text(self, feed: str, bad: BadRow) -> str:
        text = csv_text(feed, [bad.values], self.profile)
        if bad.code != "Q-COLS":
            return text
        end = self.profile.newline_of(feed)
        return text.removesuffix(end) + self.profile.delimiter_of(feed) + "0" + end
