"""Read and load speed of FHIR claims: `python -m benchmarks.fhir [--megabytes N] [--load]`.

One seeded file of ExplanationOfBenefit lines in the form CMS sends them (about 10 kB each). The
bare side parses each line with the standard library and does nothing else. Every side runs in its
own process, so that its peak memory is its own; megabytes are those of the plain text.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.ingest import DAY, PAYOR, installation
from ingestion import load, receipts
from ingestion.contract import load_feed, load_layout
from ingestion.readers import fhir_r4
from ingestion.source import SourceReader
from ingestion.stream import TextFile
from warehouse.connection import connect2

LAYOUT, FEED = "fhir_r4", "medical_claim"
SERVICES = "https://bluebutton.cms.gov/resources/codesystem/hcpcs"
VARIABLES = "https://bluebutton.cms.gov/resources/variables"
ADJUDICATIONS = (
    ("submitted", "line_sbmtd_chrg_amt", 250),
    ("eligible", "line_alowd_chrg_amt", 120),
    ("benefit", "line_nch_pmt_amt", 100),
    ("deductible", "line_bene_ptb_ddctbl_amt", 0),
    ("coinsurance", "line_coinsrnc_amt", 20),
)


def concept(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in pairs]}


def money(cents: int) -> dict[str, Any]:
    return {"value": cents / 100, "currency": "USD"}


def line(rng: random.Random, at: int, day: str, cents: int) -> dict[str, Any]:
    return {
        "sequence": at,
        "careTeamSequence": [1],
        "diagnosisSequence": [1],
        "servicedPeriod": {"start": day, "end": day},
        "productOrService": concept(
            (
                "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
                f"X{rng.randrange(10_000):04}",
            )
        ),
        "locationCodeableConcept": concept((f"{VARIABLES}/line_place_of_srvc_cd", "11")),
        "quantity": {"value": rng.randrange(1, 5)},
        "adjudication": [
            {
                "category": concept(
                    ("http://terminology.hl7.org/CodeSystem/adjudication", code),
                    ("https://bluebutton.cms.gov/codesystem/adjudication", f"{VARIABLES}/{name}"),
                ),
                "amount": money(cents * share // 100),
            }
            for code, name, share in ADJUDICATIONS
        ],
    }


def claim(rng: random.Random, number: int) -> dict[str, Any]:
    day = (date(2022, 1, 1) + timedelta(days=rng.randrange(1400))).isoformat()
    paid = [rng.randrange(100, 90_000) for _ in range(rng.randrange(1, 9))]
    npi = {"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}}
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": f"carrier-{number}",
        "meta": {"lastUpdated": f"{day}T08:00:00.000+00:00"},
        "identifier": [{"system": f"{VARIABLES}/clm_id", "value": str(number)}],
        "status": "active",
        "use": "claim",
        "type": concept(("http://terminology.hl7.org/CodeSystem/claim-type", "professional")),
        "patient": {"reference": f"Patient/-{rng.randrange(50_000)}"},
        "billablePeriod": {"start": day, "end": day},
        "insurer": {"identifier": {"value": "CMS"}},
        "careTeam": [{"sequence": 1, "provider": npi, "role": concept(("x", "performing"))}],
        "diagnosis": [
            {
                "sequence": at,
                "diagnosisCodeableConcept": concept(
                    ("http://hl7.org/fhir/sid/icd-10-cm", f"M{rng.randrange(1000):03}")
                ),
                "type": [concept(("x", "principal" if at == 1 else "secondary"))],
            }
            for at in range(1, 5)
        ],
        "item": [line(rng, at, day, cents) for at, cents in enumerate(paid, 1)],
        "payment": {"amount": money(sum(paid))},
    }


def write_file(path: Path, megabytes: int, seed: int = 1) -> None:
    rng = random.Random(seed)
    with path.open("w", newline="\n") as out:
        number = written = 0
        while written < megabytes * 1_000_000:
            number += 1
            written += out.write(json.dumps(claim(rng, number)) + "\n")


def bare(path: Path) -> int:
    """Lines parsed and thrown away."""
    with path.open() as file:
        return sum(1 for text in file if json.loads(text))


def opened(path: Path) -> TextFile:
    layout = load_layout(LAYOUT)
    return TextFile(path, layout.containers, layout.line_limit)


def read(path: Path) -> int:
    """Records, as canonical rows not yet held against the contract."""
    return sum(1 for _ in fhir_r4.read(opened(path), load_layout(LAYOUT), FEED))


def judged(path: Path) -> int:
    """Canonical rows, every value held against its column."""
    batches = SourceReader(opened(path), load_layout(LAYOUT), load_feed(FEED)).batches()
    return sum(len(rows) for batch in batches for rows in batch.values())


def loaded(path: Path) -> int:
    """Records taken in: receipt, rows, persons, changes, in a throw-away warehouse."""
    with installation() as settings:
        conn = connect2(settings, role="loader")
        start = time.perf_counter()
        receipt = receipts.register(conn, PAYOR, FEED, LAYOUT, path, DAY)
        outcome = load.load_receipt(conn, receipt)
        print(f"seconds {time.perf_counter() - start}")
        conn.close()
    if outcome.state != "loaded":
        raise RuntimeError(f"not loaded: {outcome.code}")
    return outcome.accepted


SIDES: dict[str, Callable[[Path], int]] = {
    "bare": bare, "read": read, "judged": judged, "loaded": loaded,
}  # fmt: skip


def measure(side: str, path: Path) -> None:
    """Runs one side here and prints what it took; `loaded` leaves out the server's start."""
    start, spent = time.perf_counter(), time.process_time()
    count = SIDES[side](path)
    if side != "loaded":
        print(f"seconds {time.perf_counter() - start}")
    print(f"cpu {time.process_time() - spent}")
    print(f"count {count}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")


def run(side: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.fhir", "--side", side, "--file", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: float(value) for name, value in (t.split() for t in out.splitlines() if t)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--load", action="store_true", help="also load into a throw-away server")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.side:
        return measure(args.side, args.file)
    with tempfile.TemporaryDirectory(prefix="so-bench-") as folder:
        path = Path(folder) / "claims.ndjson"
        write_file(path, args.megabytes)
        size = path.stat().st_size / 1e6
        for side in SIDES if args.load else list(SIDES)[:-1]:
            took = run(side, path)
            print(
                f"{side:8} {size / took['seconds']:6.1f} MB/s, {size / took['cpu']:6.1f} a CPU"
                f" second  {took['count']:8.0f} rows or records  peak {took['peak']:5.0f} MB"
            )
    return None


if __name__ == "__main__":
    main()
