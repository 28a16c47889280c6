"""837 professional, institutional and dental: claims to medical_claim, one row per service line."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ingestion.readers.x12.guides import DENTAL, INSTITUTIONAL, PROFESSIONAL, Kind
from ingestion.readers.x12.output import Mapper, dependent_id, filled, part
from ingestion.readers.x12.segments import Delimiters
from ingestion.readers.x12.values import ZERO, Bad, amount, at, day, days, required, sequence
from ingestion.records import CanonicalRow, Warned

FEED = "medical_claim"
ADJUSTMENTS = {"6": "replacement", "7": "replacement", "8": "void"}
LINES = {"SV1": PROFESSIONAL, "SV2": INSTITUTIONAL, "SV3": DENTAL}
# HI qualifiers: code system, and whether the code is the principal one. Admitting (BJ) and
# reason-for-visit (PR) diagnoses are what was suspected, not what was found: they are read past.
DIAGNOSES = {
    "ABK": ("icd-10-cm", 0), "ABF": ("icd-10-cm", 1), "ABN": ("icd-10-cm", 2),
    "BK": ("icd-9-cm", 0), "BF": ("icd-9-cm", 1), "BN": ("icd-9-cm", 2),
}  # fmt: skip
PROCEDURES = {
    "BBR": ("icd-10-pcs", 0), "BBQ": ("icd-10-pcs", 1),
    "BR": ("icd-9-pcs", 0), "BQ": ("icd-9-pcs", 1),
}  # fmt: skip
SLOTS = 25
MODIFIERS = tuple(f"hcpcs_modifier_{number}" for number in range(1, 5))
NPI, TAX_IDS = "XX", ("EI", "SY", "TJ")
DISCHARGE_HOUR, STILL_PATIENT = "096", "30"


@dataclass
class _Provider:
    npi: str = ""
    tin: str = ""

    @classmethod
    def of(cls, elements: list[str]) -> _Provider:
        """From NM108 and NM109: XX is an NPI; 24 and 34 are tax ids (4010)."""
        qualifier, text = at(elements, 8), at(elements, 9)
        if qualifier == NPI:
            return cls(npi=text)
        return cls(tin=text) if qualifier in ("24", "34", "FI") else cls()

    def scoped(self, number: str) -> str:
        """A number of the provider's own, made unique among providers."""
        owner = self.npi or self.tin
        return f"{owner}:{number}" if owner else number


@dataclass
class _Person:
    """Subscriber (2010BA) or patient (2010CA)."""

    id: str = ""
    first_name: str = ""
    born: str = ""


@dataclass
class _Line:
    kind: str
    columns: dict[str, str]
    charge: Decimal
    start: str = ""
    end: str = ""
    rendering: _Provider | None = None


@dataclass
class _Claim:
    columns: dict[str, str]
    charge: Decimal
    place: str
    qualifier: str
    frequency: str
    start: str = ""
    end: str = ""
    rendering: _Provider | None = None
    facility: _Provider | None = None
    diagnoses: list[tuple[int, str, str, str]] = field(default_factory=list)
    procedures: list[tuple[int, str, str, str]] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)


class ClaimMapper(Mapper):
    """State of one 837 set: the hierarchy above the claim, and the open claim."""

    def __init__(self, kind: Kind, delimiters: Delimiters) -> None:
        super().__init__(kind, delimiters)
        self.handlers = {
            "BHT": self._bht, "HL": self._hl, "SBR": self._sbr, "PAT": self._pat,
            "NM1": self._nm1, "DMG": self._dmg, "REF": self._ref, "CUR": self._cur,
            "CLM": self._clm, "DTP": self._dtp, "CL1": self._cl1, "HI": self._hi,
            "LX": self._lx, "SV1": self._sv1, "SV2": self._sv2, "SV3": self._sv3,
            "SVD": self._svd,
        }  # fmt: skip
        self._set: dict[str, str] = {}
        self._currency = "USD"
        self._billing = _Provider()
        self._subscriber = _Person()
        self._patient: _Person | None = None
        self._plan: dict[str, str] = {}
        self._claim: _Claim | None = None
        # whom the segments that follow an NM1 describe
        self._who: _Provider | _Person | None = None
        # in a claim: other payers' loops (2320) and their lines (2430) say nothing of this payor
        self._other = False

    # header and hierarchy

    def _bht(self, _: int, elements: list[str]) -> None:
        when = at(elements, 4)
        self._set = filled({"sender_sequence": sequence(when, at(elements, 5))})
        self._set["file_date"] = day(when, "file_date")

    def _hl(self, _: int, elements: list[str]) -> None:
        self._end()
        self._claim, self._who, self._other = None, None, False
        level = at(elements, 3)
        self._patient = None
        if level == "20":
            self._billing, self._currency = _Provider(), "USD"
        if level in ("20", "22"):
            self._subscriber, self._plan = _Person(), {}

    def _sbr(self, _: int, elements: list[str]) -> None:
        if self._claim:
            self._other, self._who = True, None
        else:
            self._plan = filled({"plan": at(elements, 4)})

    def _pat(self, _: int, elements: list[str]) -> None:
        if self._claim is None and self._patient is None:
            self._patient = _Person()

    def _cur(self, _: int, elements: list[str]) -> None:
        if self._claim is None and at(elements, 2):
            self._currency = at(elements, 2)

    def _nm1(self, _: int, elements: list[str]) -> None:
        role = at(elements, 1)
        self._who = None
        if self._other:
            return
        if self._claim:
            self._claim_party(role, elements)
        elif role == "85":
            self._who = self._billing = _Provider.of(elements)
        elif role == "IL":
            self._who = self._subscriber = _Person(at(elements, 9), at(elements, 4))
        elif role == "QC":
            self._who = self._patient = _Person(at(elements, 9), at(elements, 4))
        elif role == "PR":
            self._plan["payer"] = at(elements, 3)

    def _claim_party(self, role: str, elements: list[str]) -> None:
        assert self._claim
        provider = _Provider.of(elements)
        lines = self._claim.lines
        if role == "82" and lines:
            lines[-1].rendering = self._who = provider
        elif role == "82":
            self._claim.rendering = self._who = provider
        elif role == "77" and not lines:
            self._claim.facility = provider

    def _dmg(self, _: int, elements: list[str]) -> None:
        if isinstance(self._who, _Person) and self._claim is None:
            # part of an id only: a date that is none makes an id all the same
            self._who.born = at(elements, 2)

    def _ref(self, _: int, elements: list[str]) -> None:
        qualifier, text = at(elements, 1), at(elements, 2)
        if isinstance(self._who, _Provider) and qualifier in TAX_IDS:
            self._who.tin = self._who.tin or text
        elif isinstance(self._who, _Person) and qualifier == "1W":
            self._who.id = self._who.id or text
        elif qualifier == "F8" and self._claim and not self._other and not self._claim.lines:
            self._claim.columns["original_claim_id"] = text

    # claim

    def _clm(self, number: int, elements: list[str]) -> None:
        self._begin(number)
        self._who, self._other, self._claim = None, False, None
        place = self.parts(at(elements, 5))
        frequency = part(place, 2)
        self._claim = _Claim(
            columns={"adjustment_type": ADJUSTMENTS.get(frequency, "original")},
            charge=ZERO,
            place=part(place, 0),
            qualifier=part(place, 1),
            frequency=frequency,
        )
        own = required(at(elements, 1), "claim_id")
        # the number is the provider's: another provider's claim of that number is another claim
        self._claim.columns["claim_id"] = self._billing.scoped(own)
        self._claim.columns["patient_control_number"] = own
        charge = required(at(elements, 2), "charge_amount")
        self._claim.charge = Decimal(amount(charge, "charge_amount"))
        required(self._claim.place, "place_of_service_code")

    def _dtp(self, _: int, elements: list[str]) -> None:
        claim, what = self._claim, at(elements, 1)
        if claim is None or self._other or what not in ("472", "434", "435"):
            return
        if what == "435":
            first, _last = days(at(elements, 2), at(elements, 3), "admission_date")
            claim.columns["admission_date"] = first
        elif what == "472" and claim.lines:
            line = claim.lines[-1]
            line.start, line.end = days(at(elements, 2), at(elements, 3), "claim_line_start_date")
        elif not claim.lines:
            claim.start, claim.end = days(at(elements, 2), at(elements, 3), "claim_start_date")

    def _cl1(self, _: int, elements: list[str]) -> None:
        if self._claim and not self._other:
            names = ("admit_type_code", "admit_source_code", "discharge_disposition_code")
            self._claim.columns.update(
                filled({name: at(elements, index) for index, name in enumerate(names, 1)})
            )

    def _hi(self, _: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or self._other or claim.lines:
            return
        for element in elements[1:]:
            parts = self.parts(element)
            qualifier, code = part(parts, 0), part(parts, 1)
            if not code or not self._hold():
                continue
            if qualifier in DIAGNOSES:
                system, rank = DIAGNOSES[qualifier]
                claim.diagnoses.append((rank, code, system, part(parts, 8)))
            elif qualifier in PROCEDURES:
                system, rank = PROCEDURES[qualifier]
                on = day(part(parts, 3)[:8], "procedure_date_1")
                claim.procedures.append((rank, code, system, on))
            elif qualifier == "DR":
                claim.columns["drg_code"] = code

    # service line

    def _lx(self, _: int, elements: list[str]) -> None:
        self._other, self._who = False, None

    def _svd(self, _: int, elements: list[str]) -> None:
        self._other, self._who = True, None

    def _sv1(self, _: int, elements: list[str]) -> None:
        columns = self._service(at(elements, 1))
        self._add("SV1", columns, at(elements, 2), at(elements, 4), place=at(elements, 5))

    def _sv2(self, _: int, elements: list[str]) -> None:
        columns = self._service(at(elements, 2))
        columns["revenue_center_code"] = at(elements, 1)
        self._add("SV2", columns, at(elements, 3), at(elements, 5))

    def _sv3(self, _: int, elements: list[str]) -> None:
        columns = self._service(at(elements, 1))
        self._add("SV3", columns, at(elements, 2), at(elements, 6), place=at(elements, 3))

    def _service(self, composite: str) -> dict[str, str]:
        """Code and modifiers of a medical procedure identifier (C003)."""
        parts = composite.split(self.delimiters.component)
        columns = dict(zip(MODIFIERS, parts[2:6], strict=False))
        columns["hcpcs_code"] = part(parts, 1)
        return columns

    def _add(
        self, head: str, columns: dict[str, str], charge: str, units: str, place: str = ""
    ) -> None:
        if self._claim is None or not self._hold():
            return
        self._other, self._who = False, None
        value = amount(required(charge, "charge_amount"), "charge_amount")
        columns["charge_amount"] = value
        columns["service_unit_quantity"] = amount(units, "service_unit_quantity")
        if place:
            columns["place_of_service_code"] = place
        self._claim.lines.append(_Line(LINES[head], columns, Decimal(value)))

    # rows

    def _rows(self) -> list[CanonicalRow]:
        claim = self._claim
        if claim is None or not claim.lines:
            raise Bad("X-SEG", "claim_line_number")
        if sum((line.charge for line in claim.lines), ZERO) != claim.charge:
            raise Bad("X-BAL3", "charge_amount")
        if max(len(claim.diagnoses), len(claim.procedures)) > SLOTS:
            self.items.append(Warned("W-MORE"))
        base = self._header(claim)
        return [
            (FEED, base | self._line(number, line, claim))
            for number, line in enumerate(claim.lines, 1)
        ]

    def _header(self, claim: _Claim) -> dict[str, str]:
        claim_type = claim.lines[0].kind
        columns = {
            **self._set,
            **self._plan,
            **self._person(),
            **claim.columns,
            **self._dates(claim),
            **_coded(claim),
            "claim_type": claim_type,
            "data_source": f"837 {self.kind.name}",
            "currency_code": self._currency,
            "payment_basis": "submitted",
            "billing_npi": self._billing.npi,
            "billing_tin": self._billing.tin,
        }
        if claim.qualifier == "A" or (claim.qualifier != "B" and claim_type == INSTITUTIONAL):
            columns["bill_type_code"] = claim.place + claim.frequency
            columns["facility_npi"] = self._billing.npi
        else:
            columns["place_of_service_code"] = claim.place
            columns["facility_npi"] = claim.facility.npi if claim.facility else ""
        return filled(columns)

    def _person(self) -> dict[str, str]:
        """The patient's own member id where there is one, else one made of the subscriber's."""
        subscriber, patient = self._subscriber, self._patient
        own = patient.id if patient else subscriber.id
        if patient is None or own:
            return {"person_id": own, "member_id": own}
        made = dependent_id(subscriber.id, patient.born, patient.first_name)
        return {"person_id": made if subscriber.id else ""}

    @staticmethod
    def _dates(claim: _Claim) -> dict[str, str]:
        starts = [line.start for line in claim.lines if line.start]
        ends = [line.end for line in claim.lines if line.end]
        columns = {
            "claim_start_date": claim.start or min(starts, default=""),
            "claim_end_date": claim.end or max(ends, default=""),
        }
        # a patient who was admitted and has left was discharged on the last day of the statement
        status = claim.columns.get("discharge_disposition_code", "")
        if claim.place[:2] == "11" and claim.qualifier == "A" and status not in ("", STILL_PATIENT):
            columns["discharge_date"] = columns["claim_end_date"]
        return columns

    def _line(self, number: int, line: _Line, claim: _Claim) -> dict[str, str]:
        rendering = line.rendering or claim.rendering
        if rendering is None and line.kind != INSTITUTIONAL:
            rendering = self._billing
        start = line.start or claim.start
        line.columns["claim_line_number"] = str(number)
        line.columns["claim_line_start_date"] = start
        line.columns["claim_line_end_date"] = line.end or claim.end or start
        if rendering:
            line.columns["rendering_npi"] = rendering.npi
            line.columns["rendering_tin"] = rendering.tin
        return line.columns


def _coded(claim: _Claim) -> dict[str, str]:
    """Diagnoses and procedures in order: the principal first, external causes last, none twice."""
    columns: dict[str, str] = {}
    for name, extra, codes in (
        ("diagnosis", "poa", claim.diagnoses),
        ("procedure", "date", claim.procedures),
    ):
        unique: dict[str, tuple[str, str]] = {}
        # the sort is stable: codes of one rank stay as sent
        for _rank, code, system, other in sorted(codes, key=lambda entry: entry[0]):
            unique.setdefault(code, (system, other))
        if unique:
            columns[f"{name}_code_type"] = next(iter(unique.values()))[0]
        for slot, (code, (_system, other)) in enumerate(list(unique.items())[:SLOTS], 1):
            columns[f"{name}_code_{slot}"] = code
            columns[f"{name}_{extra}_{slot}"] = other
    return columns
