"""X12 files for tests: public samples, built interchanges, and a naive reading of raw segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ingestion.contract import load_feed, load_layout
from ingestion.source import SourceReader
from ingestion.stream import TextFile
from tests.ingestion.samples import SAMPLES

X12 = SAMPLES / "x12"

ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*260101*1200*^*00501*{control}*0*{usage}*:"
)


def interchange(
    *sets: Sequence[str],
    guide: str = "005010X222A1",
    control: str = "000000001",
    usage: str = "P",
    group: str = "7",
) -> list[str]:
    """Segments of one interchange with one group, all counts right. sets: bodies without ST, SE."""
    codes = {"X221": "835", "X091": "835", "X220": "834", "X095": "834", "X279": "270"}
    number = codes.get(guide[6:10], "837")
    segments = [
        ISA.format(control=control, usage=usage),
        f"GS*HC*SENDER*RECEIVER*20260101*1200*{group}*X*{guide}",
    ]
    for at, body in enumerate(sets, 1):
        start = f"ST*{number}*{at:04}*{guide}"
        segments += [start, *body, f"SE*{len(body) + 2}*{at:04}"]
    return [*segments, f"GE*{len(sets)}*{group}", f"IEA*1*{control}"]


def text(segments: Sequence[str], end: str = "~\n") -> bytes:
    """Segments as a file."""
    return "".join(f"{segment}{end}" for segment in segments).encode()


def claim(number: str = "C1", charge: str = "100", member: str = "M1", frequency: str = "1",
          extra: Sequence[str] = ()) -> list[str]:  # fmt: skip
    """One subscriber with one professional claim of two lines, 60 and the rest of the charge."""
    rest = Decimal(charge) - 60
    return [
        "HL*2*1*22*0", "SBR*P*18*GRP*PLAN A*****CI", f"NM1*IL*1*DOE*ANN****MI*{member}",
        "DMG*D8*19700101*F", "NM1*PR*2*PAYOR ONE*****PI*99",
        f"CLM*{number}*{charge}***11:B:{frequency}*Y*A*Y*Y", *extra, "HI*ABK:E119*ABF:I10",
        "LX*1", "SV1*HC:G0101:25*60*UN*1***1", "DTP*472*D8*20251201",
        "LX*2", f"SV1*HC:J3301*{rest}*UN*2*22**1:2", "DTP*472*RD8*20251202-20251204",
    ]  # fmt: skip


HEAD_837 = [
    "BHT*0019*00*1*20260101*1230*CH", "NM1*41*2*SUB*****46*1", "NM1*40*2*REC*****46*2",
    "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567893", "REF*EI*123456789",
]  # fmt: skip


def payment(paid: str) -> list[str]:
    """Header of an 835."""
    return [
        f"BPR*I*{paid}*C*ACH************20260115", "TRN*1*T100*1999999999", "DTM*405*20260114",
        "N1*PR*PAYOR ONE", "N1*PE*CLINIC*XX*1234567893", "LX*1",
    ]  # fmt: skip


def paid_claim(number: str = "C1", status: str = "1", sign: str = "") -> list[str]:
    """A claim of 100, paid 70: 20 contractual, 10 deductible. sign '-' reverses it."""
    opposite = "" if sign else "-"
    return [
        f"CLP*{number}*{status}*{sign}100*{sign}70*{sign}10*12*ICN{number}*11*1",
        "NM1*QC*1*DOE*ANN****MI*M1",
        f"SVC*HC:G0101*{sign}100*{sign}70**1", "DTM*472*20251201",
        f"CAS*CO*45*{sign}20", f"CAS*PR*1*{sign}15**2*{opposite}5", f"AMT*B6*{sign}80",
    ]  # fmt: skip


@dataclass
class Naive:
    """What a few lines of code see in a file: nothing here is shared with the reader."""

    segments: list[list[str]] = field(default_factory=list)

    @classmethod
    def of(cls, content: bytes) -> Naive:
        """All segments of all interchanges, split by the separators of the first ISA."""
        body = content.decode().lstrip()
        parts = (one.strip() for one in body.split(body[105]))
        return cls([one.split(body[3]) for one in parts if one])

    def named(self, *names: str) -> list[list[str]]:
        return [segment for segment in self.segments if segment[0] in names]

    def total(self, name: str, at: int) -> Decimal:
        """Sum of one element over all segments of that name."""
        return sum((Decimal(one[at]) for one in self.named(name)), Decimal(0))

    def distinct(self, name: str, at: int) -> int:
        return len({one[at] for one in self.named(name)})


@dataclass
class Taken:
    """What a reader made of a file. rows: feed -> rows; rejected: (record_no, code, field)."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    rejected: list[tuple[int, str, str | None]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    accepted: int = 0

    @property
    def codes(self) -> list[str]:
        return [code for _, code, _ in self.rejected]


def take(folder: Path, content: bytes, layout: str = "x12", feed: str = "medical_claim") -> Taken:
    """Reads a file as `receive` does, up to the database. Raises Refused."""
    path = folder / "file.x12"
    path.write_bytes(content)
    form = load_layout(layout)
    reader = SourceReader(TextFile(path, form.containers), form, load_feed(feed))
    taken = Taken()
    for batch in reader.batches():
        for name, rows in batch.items():
            taken.rows.setdefault(name, []).extend(
                {column: value for column, value in row.items() if value} for _, _, row in rows
            )
    taken.rejected = [(one.record_no, one.code, one.field) for one in reader.ledger.rejected]
    taken.skipped = dict(reader.ledger.skipped)
    taken.warnings, taken.accepted = reader.warnings, reader.ledger.accepted
    return taken
