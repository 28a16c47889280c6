"""Loading reference data: `python -m benchmarks.reference`.

The whole American list and the CCSR grouping of the public samples, into a throw-away warehouse:
once into an empty one, once as the next year over it. The budget for both files together is 20 s
on two cores. The publisher's form of CCSR is put together from the samples first (not timed).
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.ingest import installation
from tests.warehouse.codebook.conftest import CODES_2024
from tests.warehouse.codebook.test_samples import publisher_csv
from warehouse.codebook.load import load
from warehouse.connection import connect

BUDGET = 20.0


def timed(name: str, work: Callable[[], int]) -> float:
    start, spent = time.perf_counter(), time.process_time()
    rows = work()
    took, cpu = time.perf_counter() - start, time.process_time() - spent
    print(f"{name:34} {took:6.1f} s  (this process {cpu:5.1f} s CPU)  {rows:7} rows")
    return took


def next_year(folder: Path) -> Path:
    """The list with every thousandth code left out: a new year changes little."""
    lines = gzip.decompress(CODES_2024.read_bytes()).decode().splitlines(keepends=True)
    path = folder / "next.txt"
    path.write_text("".join(line for n, line in enumerate(lines) if n % 1000))
    return path


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    if not CODES_2024.exists():
        print("nothing measured: the publishers' sample files are not beside this folder")
        return 0
    with tempfile.TemporaryDirectory(prefix="so-bench-") as name, installation() as settings:
        folder = Path(name)
        ccsr, later = publisher_csv(folder), next_year(folder)

        def take(kind: str, release: str, path: Path) -> Callable[[], int]:
            def work() -> int:
                with connect(settings) as conn:
                    return load(conn, kind, release, path).rows

            return work

        first = timed("icd-10-cm FY2024", take("icd-10-cm", "FY2024", CODES_2024))
        grouping = timed("ccsr-dx v2023.1", take("ccsr-dx", "v2023.1", ccsr))
        timed("icd-10-cm FY2025 over it", take("icd-10-cm", "FY2025", later))
        timed("icd-10-cm FY2025 again", take("icd-10-cm", "FY2025", later))
        with connect(settings) as conn:
            row = conn.execute(
                "select count(*),"
                " pg_size_pretty(pg_total_relation_size('reference.diagnosis_code'))"
                " from reference.diagnosis_code where code_system = 'icd-10-cm'"
            ).fetchone()
        print(f"two releases: {row[0]} rows, {row[1]}" if row else "")
    print(f"both files {first + grouping:.1f} s of {BUDGET:.0f} s")
    return 0 if first + grouping < BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
