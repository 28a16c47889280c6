"""Read and load speed of X12: `python -m benchmarks.x12 [--megabytes N] [--load]`.

One seeded 837P and one seeded 835, claims of three lines, 500 claims a transaction set. The bare
side cuts the text into segments and elements and does nothing else. Every side runs in its own
process, so that its peak memory is its own; megabytes are those of the plain text.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.ingest import DAY, PAYOR, installation
from ingestion import load, receipts
from ingestion.contract import load_feed, load_layout
from ingestion.readers import x12
from ingestion.readers.x12.envelope import Scanner
from ingestion.readers.x12.segments import Tokens
from ingestion.source import SourceReader
from ingestion.stream import TextFile
from warehouse.connection import connect2

LAYOUT = "x12"
FEEDS = {"837": "medical_claim", "835": "remittance_claim"}
GUIDES = {"837": ("HC", "005010X222A1"), "835": ("HP", "005010X221A1")}
CLAIMS_A_SET = 500
_STARTED = time.process_time()
ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*260101*1200*^*00501*000000001*0*P*:"
)


def day(rng: random.Random) -> str:
    return (date(2022, 1, 1) + timedelta(days=rng.randrange(1400))).strftime("%Y%m%d")


def dollars(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


def submitted(rng: random.Random, number: int) -> tuple[list[str], int]:
    """Segments of one 837P claim with its subscriber; the amount is not needed."""
    charges, on = [rng.randrange(1000, 90_000) for _ in range(3)], day(rng)
    segments = [
        f"HL*{number + 2}*1*22*0", "SBR*P*18*GROUP1*PLAN A*****CI",
        f"NM1*IL*1*DOE*ANN****MI*M{rng.randrange(50_000):07}", "N3*1 MAIN STREET",
        "N4*SPRINGFIELD*TX*777770000", "DMG*D8*19700101*F",
        "NM1*PR*2*DEMO PAYOR*****PI*99999",
        f"CLM*C{number:09}*{dollars(sum(charges))}***11:B:1*Y*A*Y*Y",
        f"REF*D9*{number:015}", f"HI*ABK:M{rng.randrange(1000):03}*ABF:E{rng.randrange(1000):03}",
        f"NM1*82*1*DOC*A****XX*1{rng.randrange(10_000):09}", "PRV*PE*PXC*207Q00000X",
    ]  # fmt: skip
    for line, charge in enumerate(charges, 1):
        code = f"J{rng.randrange(10_000):04}"
        segments += [f"LX*{line}", f"SV1*HC:{code}*{dollars(charge)}*UN*1***1:2",
                     f"DTP*472*D8*{on}", f"REF*6R*{number:09}{line}"]  # fmt: skip
    return segments, 0


def remitted(rng: random.Random, number: int) -> tuple[list[str], int]:
    """Segments of one 835 claim and the cents paid."""
    charges, on = [rng.randrange(1000, 90_000) for _ in range(3)], day(rng)
    paid = [charge * 6 // 10 for charge in charges]
    segments = [
        f"CLP*C{number:09}*1*{dollars(sum(charges))}*{dollars(sum(paid))}*0*12*{number:015}*11*1",
        f"NM1*QC*1*DOE*ANN****MI*M{rng.randrange(50_000):07}",
        f"NM1*82*1*DOC*A****XX*1{rng.randrange(10_000):09}", f"DTM*232*{on}", f"DTM*233*{on}",
    ]  # fmt: skip
    for charge, part in zip(charges, paid, strict=True):
        held = charge - part
        segments += [
            f"SVC*HC:J{rng.randrange(10_000):04}*{dollars(charge)}*{dollars(part)}**1",
            f"DTM*472*{on}", f"CAS*CO*45*{dollars(held // 2)}",
            f"CAS*PR*1*{dollars(held - held // 2)}", f"AMT*B6*{dollars(charge - held // 2)}",
        ]  # fmt: skip
    return segments, sum(paid)


def transaction(kind: str, rng: random.Random, at: int) -> list[str]:
    """One transaction set, balanced and counted."""
    make = submitted if kind == "837" else remitted
    made = [make(rng, at * CLAIMS_A_SET + number) for number in range(CLAIMS_A_SET)]
    head = [
        "BHT*0019*00*1*20260101*1200*CH", "NM1*41*2*SUB*****46*1", "NM1*40*2*REC*****46*2",
        "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567893", "REF*EI*123456789",
    ]  # fmt: skip
    if kind == "835":
        paid = dollars(sum(cents for _, cents in made))
        head = [f"BPR*I*{paid}*C*ACH************20260115", "TRN*1*T1*1999999999",
                "N1*PR*DEMO PAYOR", "N1*PE*CLINIC*XX*1234567893", "LX*1"]  # fmt: skip
    body = [*head, *(segment for segments, _ in made for segment in segments)]
    guide = GUIDES[kind][1] if kind == "837" else ""
    start = f"ST*{kind}*{at + 1:04}*{guide}".rstrip("*")
    return [start, *body, f"SE*{len(body) + 2}*{at + 1:04}"]


def write_file(path: Path, kind: str, size: int) -> None:
    """A file of about that many bytes."""
    rng, sets = random.Random(kind), 0
    code, guide = GUIDES[kind]
    with path.open("w", newline="\n") as out:
        out.write(f"{ISA}~\nGS*{code}*S*R*20260101*1200*1*X*{guide}~\n")
        while out.tell() < size:
            out.write("~\n".join(transaction(kind, rng, sets)) + "~\n")
            sets += 1
        out.write(f"GE*{sets}*1~\nIEA*1*000000001~\n")


def bare(path: Path, kind: str) -> int:
    return sum(len([one.split("*") for one in part]) for part in _segments(path))


def _segments(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as file:
        while chunk := file.read(1 << 20):
            yield chunk.split("~\n")


def scan(path: Path, kind: str) -> int:
    return Scanner(False).scan(Tokens(TextFile(path).chunks()).batches()).segments


def read(path: Path, kind: str) -> int:
    return sum(1 for _ in x12.read(TextFile(path), load_layout(LAYOUT), FEEDS[kind]))


def judge(path: Path, kind: str) -> int:
    reader = SourceReader(TextFile(path), load_layout(LAYOUT), load_feed(FEEDS[kind]))
    for _ in reader.batches():
        pass
    return reader.ledger.accepted


def into_warehouse(path: Path, kind: str) -> int:
    with installation() as settings:
        conn = connect2(settings, role="loader")
        receipt = receipts.register(conn, PAYOR, FEEDS[kind], LAYOUT, path, DAY)
        start = time.perf_counter()
        outcome = load.load_receipt(conn, receipt)
        _say("load", path, start, outcome.accepted)
        conn.close()
    return 0


SIDES: dict[str, Callable[[Path, str], int]] = {
    "bare split": bare, "envelope": scan, "read": read, "read and judge": judge,
    "load": into_warehouse,
}  # fmt: skip


def _say(side: str, path: Path, start: float, count: int) -> None:
    seconds, size = time.perf_counter() - start, path.stat().st_size / 1e6
    used = resource.getrusage(resource.RUSAGE_SELF)
    # the processor's seconds: what the wall clock would say on a machine with nothing else to do
    cpu = used.ru_utime + used.ru_stime - _STARTED
    print(
        f"{side:<15} {seconds:7.2f} s {size / seconds:7.1f} MB/s {size / cpu:7.1f} MB/cpu s "
        f"{count:>9} records {used.ru_maxrss / 1024:6.0f} MB peak"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--load", action="store_true", help="also load into a warehouse")
    parser.add_argument("--side", nargs=3, metavar=("SIDE", "KIND", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.side:
        side, kind, file = args.side
        start, path = time.perf_counter(), Path(file)
        count = SIDES[side](path, kind)
        if side != "load":
            _say(side, path, start, count)
        return
    with tempfile.TemporaryDirectory() as folder:
        for kind in FEEDS:
            path = Path(folder) / f"{kind}.x12"
            write_file(path, kind, args.megabytes * 1_000_000)
            print(f"{kind}: {path.stat().st_size / 1e6:.1f} MB", flush=True)
            for side in [one for one in SIDES if one != "load" or args.load]:
                command = [sys.executable, "-m", "benchmarks.x12", "--side", side, kind, str(path)]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
