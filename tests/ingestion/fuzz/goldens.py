"""Twenty small whole files that a test breaks: some of our own making, some cut from the samples.

Each is accepted as it is. `form` names its grammar: x12, ndjson, csv, trailer (csv that ends with
its own count) or parquet.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

from tests.ingestion import files as made
from tests.ingestion.samples import files, text
from tests.ingestion.test_x12_claims import INSTITUTIONAL
from tests.ingestion.test_x12_money import ENROL, REMIT, SUBSCRIBER
from tests.ingestion.x12_files import HEAD_837, claim, interchange, paid_claim, payment
from tests.ingestion.x12_files import text as segments

SIZE = 24_000


@dataclass(frozen=True)
class Golden:
    """name: also the file's name, which says a year where the layout needs one."""

    name: str
    form: str
    layout: str
    feed: str
    content: bytes

    @property
    def has_end(self) -> bool:
        """Whether the format says where a file ends."""
        return self.form in ("x12", "trailer", "parquet")


def _canonical() -> list[Golden]:
    found = []
    for feed, delimiter in (
        ("medical_claim", ","), ("pharmacy_claim", "|"), ("consultation", ","),
    ):  # fmt: skip
        rows = made.numbered(made.ROWS[feed], 40)
        layout = "canonical_csv" if delimiter == "," else "canonical_pipe"
        content = made.canonical(rows, delimiter)
        found.append(Golden(f"{feed}.csv", "trailer", layout, feed, content))
    return found


def _parquet() -> list[Golden]:
    found = []
    for feed, codec in (("medical_claim", "snappy"), ("eligibility", "zstd"),
                        ("pharmacy_claim", "none")):  # fmt: skip
        rows = made.numbered(made.ROWS[feed], 60)
        names = list(rows[0])
        columns = [pa.array([row[name] or None for row in rows]) for name in names]
        out = io.BytesIO()
        pq.write_table(pa.table(columns, names=names), out, compression=codec, row_group_size=25)
        found.append(Golden(f"{feed}.parquet", "parquet", "canonical_csv", feed, out.getvalue()))
    return found


def _x12() -> list[Golden]:
    plb = "PLB*1*20251231*L6*-1.50*WO:OLD1*21.5"
    sets = {
        "837p": [*interchange([*HEAD_837, *claim(), *claim("C2", frequency="8")])],
        "837i": [*interchange([*HEAD_837, *INSTITUTIONAL], guide="005010X223A2")],
        "835": [*interchange([*payment("50"), *paid_claim(), plb], guide=REMIT)],
        "834": [*interchange(["BGN*00*1*20260101*0900****2", *SUBSCRIBER], guide=ENROL)],
    }
    sets["mixed"] = [*sets["837p"], *[s.replace("000000001", "000000002") for s in sets["835"]]]
    feeds = {"835": "remittance_claim", "834": "eligibility"}
    return [
        Golden(f"{name}.x12", "x12", "x12", feeds.get(name, "medical_claim"), segments(body))
        for name, body in sets.items()
    ]


def _sample(pattern: str, form: str, layout: str, feed: str) -> Golden:
    path = files(pattern)[0]
    lines = text(path).splitlines(keepends=True)
    kept, size = [], 0
    for line in lines:
        if kept and size + len(line) > SIZE and len(kept) > 2:
            break
        kept.append(line)
        size += len(line)
    content = "".join(kept).encode()
    return Golden(path.name.removesuffix(".gz"), form, layout, feed, content)


SAMPLES = [
    ("tuva_demo/v2026_03/medical_claim.csv", "csv", "tuva_0_18", "medical_claim"),
    ("tuva_demo/v2023_05/pharmacy_claim.csv", "csv", "tuva_2023", "pharmacy_claim"),
    ("bfd_rif/synthea_2022_07/inpatient.csv", "csv", "bfd_rif", "medical_claim"),
    ("desynpuf/members_500_split/*2009_Benef*.csv", "csv", "desynpuf", "eligibility"),
    ("synthea_csv/v3_2_layout/claims_transactions.csv.gz", "csv", "synthea_csv", "medical_claim"),
    ("fhir_r4/bcda_2024/patient_20240807_1.ndjson", "ndjson", "fhir_r4", "member"),
    ("fhir_r4/ab2d_c4bb_v2/ExplanationOfBenefit.ndjson", "ndjson", "fhir_r4", "medical_claim"),
    ("fhir_r4/smart_bulk_10/Condition.000.ndjson.gz", "ndjson", "fhir_r4", "clinical_event"),
    ("fhir_r4/synthea_v3_2/Claim.ndjson.gz", "ndjson", "fhir_r4", "medical_claim"),
]


@cache
def goldens() -> list[Golden]:
    return [*_canonical(), *_parquet(), *_x12(), *(_sample(*one) for one in SAMPLES)]
