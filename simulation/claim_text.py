"""The claim table as lines of the payor's files, and as records for the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation import layouts
from simulation.claim_versions import ADJUSTMENTS, NO_NIGHT
from simulation.events import Claim, Line
from simulation.fragments import Sorter
from simulation.office import WORD_COLUMNS, Office
from simulation.timeline import NEVER, calendar_day, iso_days

Texts = npt.NDArray[np.object_]
_TYPES = np.array(["professional", "institutional"], dtype=object)
FEED = "medical_claim"
BLOCK_KEY = 7_919


class Pen:
    """Turns numbers of one block's claim table into the words of the payor's files."""

    def __init__(
        self, office: Office, table: pd.DataFrame, member_ids: Texts, renamed: npt.NDArray[np.int64]
    ) -> None:
        """`member_ids`: text by member; `renamed`: day of the second id by member, or NEVER."""
        self.profile, self.table = office.profile, table
        self._words = office.words.table()
        self._days = iso_days(max(int(table["adjudicated"].max()), int(table["end"].max())))
        self._start = f"{self.profile.prefix}{office.history.block:05d}"
        self._member_ids, self._renamed = member_ids, renamed
        self._repeated = self._claim_charges() if self._charges_per_claim else None

    @property
    def _charges_per_claim(self) -> bool:
        return self.profile.layout_of(FEED) == "tuva_0_18"

    def column(self, name: str) -> list[str]:
        """One column of the feed, in the order of the table."""
        return list(_COLUMNS[name](self))

    def word(self, name: str) -> Texts:
        """A column of words."""
        return np.asarray(self._words[self.table[name].to_numpy()])

    def day(self, name: str) -> Texts:
        """A column of days."""
        return np.asarray(self._days[self.table[name].to_numpy()])

    def money(self, name: str) -> list[str]:
        """A column of amounts."""
        values = self.table[name]
        if name == "charge" and self._repeated is not None:
            values = self._repeated
        units = self.profile.minor_units
        if self._charges_per_claim or (values < 0).any() or units not in (0, 2):
            return [layouts.written_money(v, FEED, self.profile) for v in values.tolist()]
        if not units:
            return [str(v) for v in values.tolist()]
        return [f"{v // 100}.{v % 100:02d}" for v in values.tolist()]

    def _claim_charges(self) -> pd.Series:
        keys = [self.table["claim"], self.table["version"], self.table["adjustment"]]
        whole = self.table["charge"].groupby(keys).transform("sum")
        return whole.where(self.table["institutional"] == 1, self.table["charge"])

    def numbered(self, name: str) -> list[str]:
        """Claim ids from a column of claim numbers."""
        return [f"{self._start}{n + 1:06d}" for n in self.table[name].tolist()]

    def claim_ids(self) -> list[str]:
        """Ids of the claim versions: a number of their own, or the family's with a suffix."""
        if not self.profile.suffix_ids:
            return self.numbered("claim")
        later = (self.table["claim"] != self.table["family"]).tolist()
        ids = self.numbered("family")
        return [f"{one}R1" if is_later else one for one, is_later in zip(ids, later, strict=True)]

    def members(self) -> Texts:
        """Member ids on the day of the service."""
        member = self.table["member"].to_numpy()
        ids = self._member_ids[member]
        second = self._renamed[member]
        after = (second != NEVER) & (self.table["start"].to_numpy() >= second)
        return np.where(after, ids + "X", ids)

    def persons(self) -> Texts:
        """The payor's own stable number of the person."""
        return np.asarray(self._member_ids[self.table["member"].to_numpy()])

    def constant(self, text: str) -> list[str]:
        """The same word on every row."""
        return [text] * len(self.table)

    def status(self) -> Texts:
        """Claim status; the reversal style says nothing of paid claims."""
        paid = "paid" if self.profile.adjustments == "replacement" else ""
        return np.where(self.table["denial"].to_numpy() != 0, "denied", paid).astype(object)

    def first_claim(self) -> Texts:
        """First claim of the family, on later versions of the replacement style."""
        if self.profile.adjustments != "replacement":
            return np.array(self.constant(""), dtype=object)
        later = (self.table["claim"] != self.table["family"]).to_numpy()
        return np.where(later, np.array(self.numbered("family"), dtype=object), "")

    def adjustment(self) -> Texts:
        """Type of the version; the replacement style leaves it out on originals."""
        names = np.array(ADJUSTMENTS, dtype=object)
        if self.profile.adjustments == "replacement":
            names = np.array(["", *ADJUSTMENTS[1:]], dtype=object)
        return np.asarray(names[self.table["adjustment"].to_numpy()])

    def procedure_system(self) -> Texts:
        """Code system of the hospital's procedure code."""
        has = self.table["procedure"].to_numpy() != 0
        return np.where(has, self.profile.facility_system, "").astype(object)

    def whole(self, name: str) -> list[str]:
        """A column of whole numbers."""
        return [str(v) for v in self.table[name].tolist()]


_COLUMNS: dict[str, Callable[[Pen], npt.NDArray[np.object_] | list[str]]] = {
    "claim_id": Pen.claim_ids,
    "claim_line_number": lambda pen: pen.whole("line"),
    "claim_type": lambda pen: np.asarray(_TYPES[pen.table["institutional"].to_numpy()]),
    "person_id": Pen.persons,
    "member_id": Pen.members,
    "payer": lambda pen: pen.constant(pen.profile.name),
    "claim_start_date": lambda pen: pen.day("start"),
    "claim_end_date": lambda pen: pen.day("end"),
    "claim_line_start_date": lambda pen: pen.day("day"),
    "claim_line_end_date": lambda pen: pen.day("day"),
    "admission_date": lambda pen: pen.day("admission"),
    "discharge_date": lambda pen: pen.day("discharge"),
    "place_of_service_code": lambda pen: pen.word("place"),
    "bill_type_code": lambda pen: pen.word("bill"),
    "revenue_center_code": lambda pen: pen.word("revenue"),
    "service_unit_quantity": lambda pen: pen.whole("units"),
    "hcpcs_code": lambda pen: pen.word("service"),
    "hcpcs_modifier_1": lambda pen: pen.word("modifier"),
    "paid_date": lambda pen: pen.day("adjudicated"),
    "paid_amount": lambda pen: pen.money("paid"),
    "allowed_amount": lambda pen: pen.money("allowed"),
    "charge_amount": lambda pen: pen.money("charge"),
    "diagnosis_code_type": lambda pen: pen.constant(pen.profile.diagnosis_system),
    "diagnosis_code_1": lambda pen: pen.word("diagnosis"),
    "procedure_code_type": Pen.procedure_system,
    "procedure_code_1": lambda pen: pen.word("procedure"),
    "procedure_date_1": lambda pen: pen.day("procedure_day"),
    "claim_status": Pen.status,
    "denial_code": lambda pen: pen.word("denial"),
    "original_claim_id": Pen.first_claim,
    "adjustment_type": Pen.adjustment,
    "sender_sequence": lambda pen: pen.whole("version"),
    "adjudicated_date": lambda pen: pen.day("adjudicated"),
    "currency_code": lambda pen: pen.constant(pen.profile.currency),
}


def send_claims(sorter: Sorter, pen: Pen, block: int) -> None:
    """Sort all delivered rows into places; adds the column `taken`."""
    table = pen.table
    night = table["night"].to_numpy()
    key = table["family"].to_numpy() + BLOCK_KEY * block
    part, taken = sorter.claim_places(night, key, table["version"].to_numpy())
    table["taken"] = np.where(night == NO_NIGHT, NO_NIGHT, taken)
    profile = pen.profile
    extra = layouts.constants(FEED, profile)
    names = [n for n in layouts.header(FEED, profile) if n in layouts.COLUMNS[FEED]]
    columns = [pen.column(name) for name in names] + [pen.constant(text) for text in extra]
    join = profile.delimiter_of(FEED).join
    lines = np.array([join(row) for row in zip(*columns, strict=True)], dtype=object)
    paid = table["paid"].to_numpy()
    place = np.where(night == NO_NIGHT, -1, night * 100 + part)
    for number in np.unique(place[place >= 0]).tolist():
        rows = np.flatnonzero(place == number)
        text = profile.newline_of(FEED).join([*lines[rows], ""])
        sorter.add((number // 100, FEED, number % 100), text, len(rows), int(paid[rows].sum()))


def claim_records(pen: Pen, members: npt.NDArray[np.bool_]) -> list[Claim]:
    """Claims of the chosen members that some night takes in, as the oracle reads them."""
    table = pen.table
    wanted = members[table["member"].to_numpy()] & (table["taken"].to_numpy() != NO_NIGHT)
    chosen = table[wanted].copy()
    some = Pen.__new__(Pen)
    some.profile, some.table = pen.profile, chosen
    some._words, some._days, some._start = pen._words, pen._days, pen._start
    some._member_ids, some._renamed, some._repeated = pen._member_ids, pen._renamed, None
    chosen["claim_id"] = some.claim_ids()
    chosen["family_id"] = some.numbered("family")
    chosen["member_text"] = list(some.members())
    for name in WORD_COLUMNS:
        chosen[f"{name}_text"] = list(some.word(name))
    chosen = chosen.sort_values(["claim", "version", "adjustment", "line"], kind="stable")
    claims: list[Claim] = []
    last: tuple[int, int, int] | None = None
    for row in chosen.itertuples(index=False):
        key = (row.claim, row.version, row.adjustment)
        if key != last:
            claims.append(_claim(row))
            last = key
        claims[-1].lines.append(_line(row))
    return claims


def _claim(row: Any) -> Claim:
    return Claim(
        row.claim_id,
        row.family_id,
        "institutional" if row.institutional else "professional",
        row.member_text,
        calendar_day(row.start),
        calendar_day(row.end),
        (row.diagnosis_text,),
        [],
        admission=None if row.admission == NEVER else calendar_day(row.admission),
        procedure_code=row.procedure_text,
        procedure_date=None if row.procedure_day == NEVER else calendar_day(row.procedure_day),
        denial=row.denial_text,
        adjustment=ADJUSTMENTS[row.adjustment],
        sequence=row.version,
        adjudicated=calendar_day(row.adjudicated),
        night=row.night,
        taken=row.taken,
    )


def _line(row: Any) -> Line:
    return Line(
        row.line,
        calendar_day(row.day),
        row.units,
        row.allowed,
        row.paid,
        row.charge,
        row.service_text,
        row.modifier_text,
        row.revenue_text,
    )
