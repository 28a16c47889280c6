"""834: one record per member (INS), one eligibility row per coverage (HD)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingestion.readers.x12.guides import Kind
from ingestion.readers.x12.output import Mapper, dependent_id, filled
from ingestion.readers.x12.segments import Delimiters
from ingestion.readers.x12.values import Bad, at, day, days, sequence
from ingestion.records import CanonicalRow, Warned

FEED = "eligibility"
# BGN08: whether a member who is not in the file is gone (full) or unchanged.
MODES = {"2": "change", "4": "full", "RX": "full"}
MAINTENANCE = {
    "001": "changed", "002": "deleted", "021": "added", "024": "terminated", "025": "reinstated",
    "026": "corrected", "030": "audited", "032": "changed",
}  # fmt: skip
START, END = ("348", "303"), ("349",)
MEMBER_START, MEMBER_END = "356", "357"
SUBSCRIBER_RELATION = "18"


@dataclass
class _Member:
    columns: dict[str, str]
    is_subscriber: bool
    number: str = ""
    own: str = ""
    group: str = ""
    policy: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    coverages: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)


class EnrolmentMapper(Mapper):
    """State of one 834 set: its header and the open member.

    open_ends: end dates (CCYYMMDD) that mean that the coverage has no end.
    """

    def __init__(self, kind: Kind, delimiters: Delimiters, open_ends: frozenset[str]) -> None:
        super().__init__(kind, delimiters)
        self.handlers = {
            "BGN": self._bgn, "N1": self._n1, "INS": self._ins, "REF": self._ref,
            "DTP": self._dtp, "NM1": self._nm1, "PER": self._per, "N3": self._n3, "N4": self._n4,
            "DMG": self._dmg, "LUI": self._lui, "HD": self._hd, "LX": self._lx, "COB": self._lx,
        }  # fmt: skip
        self._open_ends = open_ends
        self._set: dict[str, str] = {}
        self._sponsor = ""
        self._member: _Member | None = None
        self._subscriber = ""
        # whether the last NM1 named the member, and not a school, a provider or a mailing address
        self._is_member = False
        self._inside = True

    # header

    def _bgn(self, _: int, elements: list[str]) -> None:
        when = at(elements, 3)
        mode = MODES.get(at(elements, 8), "")
        self._set = {
            "data_source": f"834 {mode}".strip(),
            "sender_sequence": sequence(when, at(elements, 4)),
        }
        self._set["file_date"] = self._loose_day(when)

    def _loose_day(self, text: str) -> str:
        """A date that decides nothing: one that cannot be read is left out, with a warning."""
        try:
            return day(text, "file_date")
        except Bad:
            self.items.append(Warned("W-DATE"))
            return ""

    def _n1(self, _: int, elements: list[str]) -> None:
        if self._member is None and at(elements, 1) == "P5":
            self._sponsor = at(elements, 2)
        elif self._member is None and at(elements, 1) == "IN":
            self._set["payer"] = at(elements, 2)

    # member

    def _ins(self, number: int, elements: list[str]) -> None:
        self._begin(number)
        self._is_member, self._inside = False, True
        relation = at(elements, 2)
        is_subscriber = at(elements, 1) == "Y" or relation == SUBSCRIBER_RELATION
        columns = {
            "subscriber_relation": relation,
            "enrollment_status": MAINTENANCE.get(at(elements, 3), ""),
        }
        died = at(elements, 12)
        self._member = _Member(columns, is_subscriber)
        if died:
            columns["death_date"], columns["death_flag"] = day(died, "death_date"), "1"

    def _ref(self, _: int, elements: list[str]) -> None:
        member, qualifier, text = self._member, at(elements, 1), at(elements, 2)
        if member is None or member.coverages or not self._inside:
            return
        if qualifier == "0F":
            member.number = member.number or text
        elif qualifier == "1L":
            member.policy["group_id"] = text
        elif qualifier == "SY":
            member.columns["social_security_number"] = text

    def _dtp(self, _: int, elements: list[str]) -> None:
        member, what = self._member, at(elements, 1)
        if member is None or not self._inside:
            return
        is_end = what in (*END, MEMBER_END)
        if what not in (*START, MEMBER_START) and not is_end:
            return
        name = "enrollment_end_date" if is_end else "enrollment_start_date"
        text = at(elements, 3)
        value = "" if is_end and text in self._open_ends else days(at(elements, 2), text, name)[0]
        target = member.coverages[-1][1] if member.coverages else member.dates
        target[what] = value

    def _nm1(self, _: int, elements: list[str]) -> None:
        member, role = self._member, at(elements, 1)
        self._is_member = member is not None and role in ("IL", "74") and not member.coverages
        if member is None or not self._is_member:
            return
        qualifier, text = at(elements, 8), at(elements, 9)
        member.columns |= filled({
            "last_name": at(elements, 3), "first_name": at(elements, 4),
            "middle_name": at(elements, 5), "name_suffix": at(elements, 7),
            "social_security_number": text if qualifier == "34" else "",
        })  # fmt: skip
        if qualifier in ("ZZ", "II"):
            member.own = text

    def _per(self, _: int, elements: list[str]) -> None:
        if self._is_member and self._member:
            for index in range(3, len(elements), 2):
                column = {"HP": "phone", "TE": "phone", "CP": "phone", "EM": "email"}
                name = column.get(at(elements, index))
                if name:
                    self._member.columns.setdefault(name, at(elements, index + 1))

    def _n3(self, _: int, elements: list[str]) -> None:
        if self._is_member and self._member:
            lines = filter(None, (at(elements, 1), at(elements, 2)))
            self._member.columns["address"] = ", ".join(lines)

    def _n4(self, _: int, elements: list[str]) -> None:
        if self._is_member and self._member:
            names = ("city", "state", "zip_code")
            self._member.columns |= {name: at(elements, i) for i, name in enumerate(names, 1)}

    def _dmg(self, _: int, elements: list[str]) -> None:
        if self._is_member and self._member:
            self._member.columns |= {
                "birth_date": self._loose_day(at(elements, 2)),
                "gender": at(elements, 3),
                "race": at(elements, 5),
            }

    def _lui(self, _: int, elements: list[str]) -> None:
        if self._is_member and self._member:
            self._member.columns.setdefault("language", at(elements, 2) or at(elements, 3))

    def _hd(self, _: int, elements: list[str]) -> None:
        if self._member is None or not self._hold():
            return
        self._is_member, self._inside = False, True
        columns = filled({
            "enrollment_status": MAINTENANCE.get(at(elements, 1), ""),
            "line_of_business": at(elements, 3),
            "plan": at(elements, 4),
            "coverage_tier": at(elements, 5),
        })  # fmt: skip
        self._member.coverages.append((columns, {}))

    def _lx(self, _: int, elements: list[str]) -> None:
        """Providers and other coverage: their names and dates are not the member's."""
        self._is_member, self._inside = False, False

    # rows

    def _rows(self) -> list[CanonicalRow]:
        member = self._member
        if member is None:
            raise Bad("X-SEG", "person_id")
        base = {**self._set, **self._identity(member), **member.policy, **member.columns}
        base["group_name"] = self._sponsor
        return [
            (FEED, filled({**base, **columns, **_span(member.dates, dates)}))
            for columns, dates in member.coverages or [({}, {})]
        ]

    def _identity(self, member: _Member) -> dict[str, str]:
        """A dependent has an own id where one is sent that is not the subscriber's."""
        number = member.number or member.own
        if member.is_subscriber:
            self._subscriber = number
            return {"person_id": number, "member_id": number, "subscriber_id": number}
        own = member.own if member.own != number else ""
        if self._subscriber and member.number and member.number != self._subscriber:
            # the sender gives every member a number of their own
            own = own or member.number
        if own:
            subscriber = self._subscriber if own == member.number else number
            return {"person_id": own, "member_id": own, "subscriber_id": subscriber}
        born = member.columns.get("birth_date", "").replace("-", "")
        made = dependent_id(number, born, member.columns.get("first_name", ""))
        return {"person_id": made if number else "", "subscriber_id": number}


def _span(member: dict[str, str], coverage: dict[str, str]) -> dict[str, str]:
    """The coverage's own dates, else the member's."""
    start = next((coverage[what] for what in START if coverage.get(what)), "")
    end = coverage.get(END[0], member.get(MEMBER_END, ""))
    return {
        "enrollment_start_date": start or member.get(MEMBER_START, ""),
        "enrollment_end_date": end,
    }
