"""Load speed beside a bare typed COPY of the same lines: `python -m benchmarks.ingest`.

Both sides run in one throw-away server, in turn, medians of the rounds. The bare side is one COPY
of a file without broken lines into a typed, logged table without keys: no hash, no line numbers,
no validation, no receipt, no changes. Ours has one broken line in a thousand, and exactly these
must be found. The keys that the raw table's readers need, and the persons, are written when a
large load is finished, before a night reads it: they are timed by themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion import load, parts, receipts
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
# A word for a date, a code outside its list, a number with an exponent: only the pattern can find
# them. The amount that the control total needs is left readable.
BREAKS: tuple[Callable[[str], str], ...] = (
    lambda line: line[:-10] + "today",
    lambda line: line.replace(",professional,", ",other,", 1),
    lambda line: re.sub(r",11,,,,([1-4]),", r",11,,,,\1e1,", line, count=1),
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
    """A canonical file of claim lines, about 220 bytes each, three lines a claim."""
    write_files(path, None, rows, seed, 0)


def write_files(path: Path, clean: Path | None, rows: int, seed: int, bad_every: int) -> list[int]:
    """The same lines twice: as delivered, and without broken lines and trailer for a bare COPY.

    bad_every: one line in so many is broken (0 = none). Returns the broken lines' record numbers.
    """
    rng = random.Random(seed)
    cents, broken = 0, []
    with path.open("w", newline="\n") as out, (clean or Path(os.devnull)).open("w") as plain:
        for file in (out, plain):
            file.write(",".join(COLUMNS) + "\n")
        for number in range(rows):
            paid = rng.randrange(100, 900_000)
            cents += paid
            line = _line(rng, seed, number, paid)
            plain.write(line + "\n")
            if bad_every and number % bad_every == bad_every - 1:
                broken.append(number + 2)
                line = BREAKS[len(broken) % len(BREAKS)](line)
            out.write(line + "\n")
        out.write(f"#TRAILER,{rows},{cents // 100}.{cents % 100:02}\n")
    return broken


def _renew(path: Path, turn: int) -> Path:
    """Another name and content of the same size: the same bytes again would be a duplicate."""
    with path.open("r+b") as file:
        start = file.read(1 << 12)
        file.seek(start.index(b",ben") + 1)
        file.write(b"ben%02d" % turn)
    return path.rename(path.with_name(f"claims{turn}.csv"))


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
RAW = f"raw_{PAYOR}.medical_claim"


@dataclass(frozen=True)
class Round:
    """Seconds of one round. keyed: None when that side was left out."""

    bare: float
    keyed: float | None
    receipt: float
    load: float
    finish: float


def copy(conn: Connection, path: Path, create: str) -> float:
    """Seconds of one plain COPY into a fresh table, made by `create`."""
    table = "bench_target"
    with conn, conn.cursor() as cursor:
        cursor.execute(create.format(table=table, raw=RAW))
    start = time.perf_counter()
    with conn, conn.cursor() as cursor, path.open("rb") as file:
        target = f"{table} ({', '.join(COLUMNS)})"
        cursor.copy_expert(f"copy {target} from stdin (format csv, header)", file, 1 << 16)
    seconds = time.perf_counter() - start
    with conn, conn.cursor() as cursor:
        cursor.execute(f"drop table {table}")
    return seconds


def ours(conn: Connection, path: Path, broken: list[int]) -> tuple[float, float, float]:
    """Seconds of (receipt, load, keys) of one file; exactly the broken lines are quarantined."""
    start = time.perf_counter()
    receipt = receipts.register(conn, PAYOR, "medical_claim", "canonical_csv", path, DAY)
    middle = time.perf_counter()
    outcome = load.load_receipt(conn, receipt)
    loaded = time.perf_counter()
    parts.finish(conn, PAYOR)
    end = time.perf_counter()
    with conn, conn.cursor() as cursor:
        cursor.execute(
            "select record_no from ops.quarantine where receipt_id = %s order by 1",
            (receipt.receipt_id,),
        )
        held = [number for (number,) in cursor.fetchall()]
    if outcome.state != "loaded" or held != broken:
        raise RuntimeError(f"{outcome.state}: {len(held)} lines held, {len(broken)} are broken")
    return middle - start, loaded - middle, end - loaded


def rounds(count: int, rows: int, bad_every: int, with_keys: bool) -> Iterator[Round]:
    """Both sides in turn, each first in every other round."""
    with installation() as settings, tempfile.TemporaryDirectory() as folder:
        owner, loader = connect2(settings), connect2(settings, role="loader")
        path, clean = Path(folder) / "claims.csv", Path(folder) / "clean.csv"
        broken = write_files(path, clean, rows, 0, bad_every)
        for turn in range(count):
            if turn:
                path = _renew(path, turn)
            bare: list[float] = []
            took: list[tuple[float, float, float]] = []
            for side in ("bare", "ours") if turn % 2 else ("ours", "bare"):
                _settle(owner)
                if side == "bare":
                    bare.append(copy(owner, clean, BARE))
                else:
                    took.append(ours(loader, path, broken))
            keyed = copy(owner, clean, KEYED) if with_keys else None
            _forget(owner)
            yield Round(bare[0], keyed, *took[0])
        owner.close()
        loader.close()


def _settle(owner: Connection) -> None:
    """Neither side pays for the other's dirty pages."""
    owner.rollback()
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("checkpoint")
    owner.autocommit = False


def _forget(owner: Connection) -> None:
    """Every round starts with an empty raw table."""
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass",
            (RAW,),
        )
        for (part,) in cursor.fetchall():
            cursor.execute(f"drop table {part}")
        cursor.execute(f"truncate {RAW}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bad-every", type=int, default=1000, help="0 = no broken line")
    parser.add_argument("--keyed", action="store_true", help="also COPY into the raw table's keys")
    args = parser.parse_args()
    done = list(rounds(args.rounds, args.rows, args.bad_every, args.keyed))
    _report(args.rows, done)


def _report(rows: int, done: list[Round]) -> None:
    def line(name: str, seconds: float) -> None:
        print(f"{name:34} {seconds:7.2f} s  {rows / seconds:9.0f} lines/s")

    def median(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, done))

    print(f"{rows} lines, {len(COLUMNS)} columns, medians of {len(done)} rounds")
    line("bare typed COPY, no keys", median(lambda r: r.bare))
    if done[0].keyed is not None:
        line("bare typed COPY, the raw keys", median(lambda r: r.keyed or 0))
    line("receipt", median(lambda r: r.receipt))
    line("load", median(lambda r: r.load))
    line("receipt and load", median(lambda r: r.receipt + r.load))
    line("keys, persons (before the night)", median(lambda r: r.finish))
    line("all", median(lambda r: r.receipt + r.load + r.finish))
    ratio = median(lambda r: r.bare / (r.receipt + r.load))
    whole = median(lambda r: r.bare / (r.receipt + r.load + r.finish))
    print(f"speed of receipt and load beside the bare COPY: {ratio:.2f}; with keys: {whole:.2f}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the client: {memory:.0f} MB")


if __name__ == "__main__":
    main()
