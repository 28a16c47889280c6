"""Files of the canonical layouts, built line by line so that a test can break them anywhere."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

Row = Mapping[str, str]

PHARMACY: dict[str, str] = {
    "claim_id": "R1",
    "claim_line_number": "1",
    "person_id": "P1",
    "member_id": "M1",
    "dispensing_date": "2024-02-29",
    "ndc_code": "00440509685",
    "paid_amount": "12.50",
}
MEDICAL: dict[str, str] = {
    "claim_id": "C1",
    "claim_line_number": "1",
    "claim_type": "professional",
    "person_id": "P1",
    "member_id": "M1",
    "claim_start_date": "2024-01-31",
    "paid_amount": "100.00",
    "original_claim_id": "",
    "sender_sequence": "1",
}
ELIGIBILITY: dict[str, str] = {
    "person_id": "P1",
    "member_id": "M1",
    "enrollment_start_date": "2023-01-01",
    "enrollment_end_date": "",
    "first_name": "Ada",
}
CONSULTATION: dict[str, str] = {
    "consultation_id": "S1",
    "vendor_id": "V1",
    "member_id": "M1",
    "requested_date": "2024-03-01",
    "delivered_to_member_date": "2024-03-20",
    "delivery_mode": "online_virtual",
    "service_type": "single_specialty",
    "end_user": "insurer_payor",
    "initiation": "patient",
    "specialty": "orthopaedics",
    "fee_amount": "900.00",
    "currency_code": "USD",
    "status": "delivered",
    "sender_sequence": "1",
}
DIAGNOSIS: dict[str, str] = {
    "consultation_id": "S1",
    "opinion": "initial",
    "rank": "1",
    "code": "M17.11",
    "code_system": "icd-10-cm",
    "diagnosis_date": "2024-02-01",
    "sender_sequence": "1",
}
PROCEDURE: dict[str, str] = {
    "consultation_id": "S1",
    "opinion": "initial",
    "proposal_no": "1",
    "procedure_family": "knee_replacement",
    "laterality": "right",
    "recommended_date": "2024-02-01",
    "recommendation": "",
    "sender_sequence": "1",
}
OUTCOME: dict[str, str] = {
    "consultation_id": "S1",
    "member_id": "M1",
    "instrument": "nps",
    "instrument_version": "1",
    "item": "recommend",
    "value": "9",
    "scale_low": "0",
    "scale_high": "10",
    "timepoint": "month_3",
    "delivered_to_member_date": "2024-03-20",
    "response_date": "2024-06-20",
    "sender_sequence": "1",
}
ROWS: dict[str, dict[str, str]] = {
    "eligibility": ELIGIBILITY,
    "medical_claim": MEDICAL,
    "pharmacy_claim": PHARMACY,
    "consultation": CONSULTATION,
    "consultation_diagnosis": DIAGNOSIS,
    "consultation_procedure": PROCEDURE,
    "outcome": OUTCOME,
}


def numbered(row: Row, count: int, **changes: str) -> list[dict[str, str]]:
    """`count` copies with claim (or other first) ids R1, R2, …; changes apply to all."""
    first = next(iter(row))
    return [{**row, first: f"{row[first][:1]}{n}", **changes} for n in range(1, count + 1)]


def header(rows: Sequence[Row], delimiter: str = ",") -> str:
    return delimiter.join(rows[0])


def lines(rows: Sequence[Row], delimiter: str = ",") -> list[str]:
    return [delimiter.join(quoted(value, delimiter) for value in row.values()) for row in rows]


def quoted(value: str, delimiter: str) -> str:
    if delimiter in value or '"' in value:
        return '"' + value.replace('"', '""') + '"'
    return value


def trailer(rows: Sequence[Row], delimiter: str = ",") -> str:
    total = ""
    if "claim_id" in rows[0]:
        paid = [Decimal(row["paid_amount"]) for row in rows if row["paid_amount"]]
        total = f"{sum(paid, Decimal(0)):.2f}"
    return delimiter.join(("#TRAILER", str(len(rows)), total))


def canonical(rows: Sequence[Row], delimiter: str = ",") -> bytes:
    """A complete file of a canonical layout, not compressed."""
    body = [header(rows, delimiter), *lines(rows, delimiter), trailer(rows, delimiter)]
    return ("\n".join(body) + "\n").encode()


def raw(rows: Sequence[Row], body: Sequence[str], last: str | None = None) -> bytes:
    """A comma file with the header of `rows`, lines as given, and their trailer unless another."""
    end = trailer(rows) if last is None else last
    return "\n".join([header(rows), *body, *([end] if end else []), ""]).encode()


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def put(folder: Path, content: bytes, name: str | None = None) -> Path:
    """Other content gets another name: the same name again is a second version of a file."""
    path = folder / (name or f"{sha256(content).hexdigest()[:12]}.csv")
    path.write_bytes(content)
    return path
