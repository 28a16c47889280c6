"""The records of the world before they become files: what happened, and when the sender has it.

Money is integer cents. `night` is the index of the night that delivers the record (None: never
delivered); `taken` is the night on which the record is really taken in, set by the delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Line:
    """One line of a claim version; amounts in cents, negative on reversals."""

    number: int
    day: date
    units: int
    allowed: int
    paid: int
    charge: int
    service_code: str = ""
    modifier: str = ""
    revenue: str = ""


@dataclass(slots=True)
class Claim:
    """One version of a claim. `family` is the first claim id of its versions."""

    claim_id: str
    family: str
    claim_type: str
    member_id: str
    start: date
    end: date
    diagnoses: tuple[str, ...]
    lines: list[Line]
    place: str = ""
    bill_type: str = ""
    admission: date | None = None
    discharge: date | None = None
    procedure_code: str = ""
    procedure_date: date | None = None
    denial: str = ""
    adjustment: str = "original"
    sequence: int = 1
    adjudicated: date = date.min
    settled: bool = False
    pinned_night: int | None = None
    night: int | None = None
    taken: int | None = None


@dataclass(slots=True)
class Span:
    """One version of a coverage span; `end` None is open."""

    member_id: str
    start: date
    end: date | None
    plan: str
    sequence: int
    available: date
    death: date | None = None
    pinned_night: int | None = None
    night: int | None = None
    taken: int | None = None


@dataclass(slots=True)
class Proposal:
    """An operation the first doctor proposed, and what the reviewer said of it."""

    number: int
    family: str
    side: str
    recommended: date
    planned: date | None
    intent: str
    recommendation: str = ""
    deferred_until: date | None = None


@dataclass(slots=True)
class Diagnosis:
    """One diagnosis of one opinion (code as written, with dot)."""

    opinion: str
    rank: int
    code: str
    system: str
    day: date
    source: str


@dataclass(slots=True)
class ConsultationRow:
    """One version of a consultation: its attributes by column name, sets of rows beside it."""

    consultation_id: str
    member_id: str
    sequence: int
    status: str
    requested: date
    delivered: date | None
    values: dict[str, str]
    insufficient: bool = False
    night: int | None = None
    taken: int | None = None


@dataclass(slots=True)
class DiagnosisSet:
    """One version of an opinion's diagnoses; a later sequence replaces the whole set."""

    consultation_id: str
    opinion: str
    sequence: int
    rows: list[Diagnosis]
    night: int | None = None
    taken: int | None = None


@dataclass(slots=True)
class ProcedureSet:
    """One version of a consultation's proposals; a later sequence replaces the whole set."""

    consultation_id: str
    sequence: int
    proposals: list[Proposal]
    with_final: bool
    added: Proposal | None = None
    night: int | None = None
    taken: int | None = None


@dataclass(slots=True)
class Records:
    """Everything one block of members leaves in the payor's systems."""

    spans: list[Span] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    consultations: list[ConsultationRow] = field(default_factory=list)
    diagnosis_sets: list[DiagnosisSet] = field(default_factory=list)
    procedure_sets: list[ProcedureSet] = field(default_factory=list)
