"""Load speed beside a bare typed COPY of the same file: `python -m benchmarks.ingest [--rows N]`.

All sides run in one throw-away server, in turn, medians of the rounds. The bare sides are one COPY
into a typed, logged table (without keys, and with the keys of the raw table): no hash, no
line numbers, no validation, no receipt, no persons, no changes.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion import load, receipts
from pipeline.settings import ROOT, Settings
from warehouse import migrate, payor, server
from warehouse.connection import connect2

PAYOR = "bench"
DAY = date(2026, 7, 1)
COLUMNS = (
    "claim_id",
    "claim_line_number",
    "claim_type",
    "person_id",
    "member_id",
    "payer",
    "plan",
    "claim_start_date",
    "claim_end_date",
    "claim_line_start_date",
    "claim_line_end_date",
    "admission_date",
    "discharge_date",
    "place_of_service_code",
    "bill_type_code",
    "drg_code",
    "revenue_center_code",
    "service_unit_quantity",
    "hcpcs_code",
    "hcpcs_modifier_1",
    "rendering_npi",
    "billing_npi",
    "facility_npi",
    "paid_date",
    "paid_amount",
    "allowed_amount",
    "charge_amount",
    "diagnosis_code_type",
    "diagnosis_code_1",
    "diagnosis_code_2",
    "diagnosis_code_3",
    "procedure_code_type",
    "procedure_code_1",
    "procedure_date_1",
    "in_network_flag",
    "data_source",
    "file_date",
)
YAML = f"""
payor: {PAYOR}
name: Benchmark
country: US
region: north_america
currency: USD
time_zone: America/New_York
runout_months: 3
member_month_rule: any_day
adjustments: replacement
feeds: {{medical_claim: canonical_csv}}
fees: {{pepm: "0", implementation: "0", contract_start: 2022-01-01, contract_months: 12}}
"""


def write_file(path: Path, rows: int, seed: int) -> None:
    """A canonical file of claim lines, about 250 bytes each, three lines a claim."""
    rng = random.Random(seed)
    cents = 0
    with path.open("w", newline="\n") as out:
        out.write(",".join(COLUMNS) + "\n")
        for number in range(rows):
            paid = rng.randrange(100, 900_000)
            cents += paid
            out.write(_line(rng, seed, number, paid) + "\n")
        out.write(f"#TRAILER,{rows},{cents // 100}.{cents % 100:02}\n")


def _line(rng: random.Random, seed: int, number: int, paid: int) -> str:
    day = date(2022, 1, 1) + timedelta(days=rng.randrange(1400))
    person = f"P{rng.randrange(50_000):07}"
    npi = 1_000_000_000 + rng.randrange(10_000)
    money = [f"{paid * factor // 100 // 100}.{paid % 100:02}" for factor in (100, 120, 250)]
    return ",".join(
        [
            f"{seed}-{number // 3:09}", str(number % 3 + 1), "professional", person, person,
            "demo payor", "ppo", *[day.isoformat()] * 4, "", "", "11", "", "", "",
            str(rng.randrange(1, 5)), f"X{rng.randrange(10_000):04}", "", str(npi), str(npi), "",
            (day + timedelta(days=30)).isoformat(), *money, "icd-10-cm",
            f"M{rng.randrange(1000):03}", f"E{rng.randrange(1000):03}", "", "", "", "", "1",
            "bench", day.isoformat(),
        ]
    )  # fmt: skip


@contextlib.contextmanager
def installation() -> Iterator[Settings]:
    """A throw-away warehouse with one payor."""
    home = Path(tempfile.mkdtemp(prefix="so-bench-"))
    settings = Settings(root=ROOT, home=home)
    try:
        migrate.init(settings)
        described = home / "bench.yml"
        described.write_text(YAML)
        payor.add(settings, described)
        yield settings
    finally:
        server.destroy(settings)
        shutil.rmtree(home, ignore_errors=True)


BARE = f"create table {{table}} as select {', '.join(COLUMNS)} from {{raw}} limit 0"
KEYED = """
    create table {table} (like {raw} including all);
    alter table {table} alter receipt_id set default 0;
    alter table {table} alter record_no add generated always as identity
"""


def copy(conn: Connection, path: Path, create: str) -> float:
    """Seconds of one plain COPY into a fresh table, made by `create`."""
    raw, table = f"raw_{PAYOR}.medical_claim", "bench_target"
    body = path.with_suffix(".bare")
    body.write_bytes(path.read_bytes().rpartition(b"#TRAILER")[0])
    with conn, conn.cursor() as cursor:
        cursor.execute(f"drop table if exists {table}")
        cursor.execute(create.format(table=table, raw=raw))
    start = time.perf_counter()
    with conn, conn.cursor() as cursor, body.open("rb") as file:
        target = f"{table} ({', '.join(COLUMNS)})"
        cursor.copy_expert(f"copy {target} from stdin (format csv, header)", file, 1 << 20)
    return time.perf_counter() - start


def ours(conn: Connection, path: Path) -> tuple[float, float]:
    """Seconds of (receipt, load) of one file."""
    start = time.perf_counter()
    receipt = receipts.register(conn, PAYOR, "medical_claim", "canonical_csv", path, DAY)
    middle = time.perf_counter()
    outcome = load.load_receipt(conn, receipt)
    if outcome.state != "loaded":
        raise RuntimeError(f"not loaded: {outcome.code}")
    return middle - start, time.perf_counter() - middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    seconds: list[tuple[float, ...]] = []
    with installation() as settings, tempfile.TemporaryDirectory() as folder:
        owner, loader = connect2(settings), connect2(settings, role="loader")
        for turn in range(args.rounds):
            path = Path(folder) / f"{turn}.csv"
            write_file(path, args.rows, turn)
            plain = copy(owner, path, BARE), copy(owner, path, KEYED)
            seconds.append((*plain, *ours(loader, path)))
        owner.close()
        loader.close()
    _report(args.rows, *(statistics.median(column) for column in zip(*seconds, strict=True)))


def _report(rows: int, bare: float, keyed: float, registered: float, loaded: float) -> None:
    print(f"{rows} rows, {len(COLUMNS)} columns, medians")
    print(f"bare typed COPY, no keys       {bare:7.3f} s  {rows / bare:9.0f} rows/s")
    print(f"bare COPY, the raw table's keys {keyed:6.3f} s  {rows / keyed:9.0f} rows/s")
    print(f"receipt (preflight)            {registered:7.3f} s")
    print(f"load                           {loaded:7.3f} s  {rows / loaded:9.0f} rows/s")
    print(f"load to bare COPY: {bare / loaded:.2f}; with the same keys: {keyed / loaded:.2f}")


if __name__ == "__main__":
    main()
