"""Speed of the claims core: `python -m benchmarks.claims_core [--lines N] [--increment N]`.

Made-up claims go straight into the raw tables by COPY, with their receipts, persons and changes;
then the models of claims and persons are built as a night builds them, first from nothing and then
for a second delivery. Printed: lines a second, the time of each model, and the largest memory of
dbt and of the server's processes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from evaluation.intervals import ensure_table
from pipeline.settings import ROOT, Settings
from pipeline.transform import read_results, run_dbt
from warehouse import migrate, release, server
from warehouse import payor as payors
from warehouse.connection import connect

PAYOR = "bench"
SELECT = "path:models/staging path:models/intermediate/work path:models/intermediate/claims"
SELECT += " path:models/intermediate/persons"
SELECT += " +int_claim_line +int_person"
PAYOR_YAML = f"""\
payor: {PAYOR}
name: Benchmark
country: US
region: north_america
currency: USD
time_zone: UTC
service_code_system: demo-proc
adjustments: replacement
feeds: {{eligibility: canonical_csv, medical_claim: canonical_csv}}
"""
COLUMNS = (
    "receipt_id", "record_no", "claim_id", "claim_line_number", "claim_type", "person_id",
    "claim_start_date", "claim_end_date", "claim_line_start_date", "admission_date",
    "discharge_date", "place_of_service_code", "bill_type_code", "revenue_center_code",
    "hcpcs_code", "hcpcs_modifier_1", "billing_npi", "rendering_npi", "facility_npi", "paid_date",
    "service_unit_quantity", "charge_amount", "allowed_amount", "paid_amount",
    "diagnosis_code_type", "diagnosis_code_1", "diagnosis_code_2", "diagnosis_code_3",
    "procedure_code_type", "procedure_code_1", "procedure_date_1", "claim_status",
    "original_claim_id", "adjustment_type", "sender_sequence", "adjudicated_date",
)  # fmt: skip
FIRST_DAY = datetime.date(2023, 1, 1)
DAYS = 1000
# over the three years of the claims
LINES_A_PERSON = 60


@dataclass
class Memory:
    """Largest resident memory seen, kilobytes: of all server processes together, of one of them."""

    together: int = 0
    one: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self, settings: Settings) -> None:
        """Sample the private memory of the server's processes until told to stop."""
        postmaster = server.status(settings).pid
        while not self.stop.wait(0.5):
            sizes = [_private(pid) for pid in _children(postmaster)]
            self.together = max(self.together, sum(sizes))
            self.one = max([self.one, *sizes])


def _children(parent: int | None) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(parent):
            found.append(int(path.parent.name))
    return found


def _private(pid: int) -> int:
    """Resident kilobytes that are not shared buffers."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return int(sizes.get("RssAnon", 0))


def claims(
    lines: int, members: int, rng: random.Random, prefix: str
) -> Iterator[tuple[object, ...]]:
    """Claim rows without receipt and record number: 2.4 lines a claim, 6 % with a later version.

    A third of the later versions are voids; one in ten replacements is replaced again.
    """
    made = claim = 0
    while made < lines:
        claim += 1
        name, person = f"{prefix}{claim:09d}", f"M{rng.randrange(members):07d}"
        rows = list(_claim(rng, name, person))
        yield from rows
        made += len(rows)
        chance = rng.random()
        if chance < 0.06:
            kind = "void" if chance < 0.02 else "replacement"
            later = _later(rows, f"{name}B", name, kind, 1)
            yield from later
            made += len(later)
            if 0.02 <= chance < 0.024:
                last = _later(rows, f"{name}C", f"{name}B", kind, 2)
                yield from last
                made += len(last)


def _claim(rng: random.Random, name: str, person: str) -> Iterator[tuple[object, ...]]:
    day = FIRST_DAY + datetime.timedelta(days=rng.randrange(DAYS))
    is_stay = rng.random() < 0.25
    end = day + datetime.timedelta(days=rng.randrange(1, 6) if is_stay else 0)
    decided = end + datetime.timedelta(days=rng.randrange(10, 60))
    codes = [f"M{rng.randrange(100):02d}.{rng.randrange(10)}" for _ in range(3)]
    provider = f"{rng.randrange(10**9, 10**9 + 5000)}"
    for number in range(1, rng.choice((1, 1, 2, 2, 3, 5)) + 1):
        charge = rng.randrange(2000, 90000)
        procedure = is_stay and rng.random() < 0.2
        yield (
            name, number, "institutional" if is_stay else "professional", person, day, end, day,
            day if is_stay else None, end if is_stay else None, None if is_stay else "11",
            "111" if is_stay else None, "0360" if is_stay else None,
            None if is_stay else f"DP-{rng.randrange(400):03d}", None, provider, provider,
            provider if is_stay else None, decided, 1, charge / 100, charge * 6 // 1000 * 0.1,
            charge * 5 // 1000 * 0.1, "icd-10-cm", *codes,
            "icd-10-pcs" if procedure else None, "0SRD0J9" if procedure else None,
            day if procedure else None, "denied" if rng.random() < 0.05 else None, None, None, 0,
            decided,
        )  # fmt: skip


def _later(
    rows: list[tuple[object, ...]], name: str, original: str, kind: str, sequence: int
) -> list[tuple[object, ...]]:
    return [(name, *row[1:-4], original, kind, sequence, row[-1]) for row in rows]


def deliver(
    conn: psycopg.Connection, feed: str, columns: str, rows: Iterator[tuple[object, ...]]
) -> int:
    """Rows as one receipt of that feed, by COPY; returns how many."""
    receipt = conn.execute(
        "insert into ops.receipt"
        " (payor_id, feed, layout, file_sha256, plaintext_sha256, state, business_date)"
        " values (%s, %s, 'canonical_csv', md5(random()::text), md5(random()::text),"
        " 'received', %s)"
        " returning receipt_id",
        (PAYOR, feed, datetime.date(2026, 7, 1)),
    ).fetchone()
    assert receipt
    count = 0
    with conn.cursor().copy(f"copy raw_{PAYOR}.{feed} ({columns}) from stdin".encode()) as copy:
        for count, row in enumerate(rows, 1):
            copy.write_row((receipt[0], count, *row))
    _mark(conn, feed, receipt[0])
    conn.commit()
    conn.autocommit = True
    conn.execute(f"analyze raw_{PAYOR}.{feed}".encode())
    conn.autocommit = False
    return count


def _mark(conn: psycopg.Connection, feed: str, receipt: int) -> None:
    table = sql.Identifier(f"raw_{PAYOR}", feed)
    conn.execute(
        sql.SQL(
            "insert into vault.person (payor_id, member_id) select distinct %s, person_id from {}"
            " where receipt_id = %s on conflict do nothing"
        ).format(table),
        (PAYOR, receipt),
    )
    if feed == "medical_claim":
        keys = sql.SQL(
            "select 'claim_family',"
            " md5(%s || '|' || coalesce(nullif(original_claim_id, ''), claim_id))"
            " from {} where receipt_id = %s group by 2"
        )
    else:
        keys = sql.SQL(
            "select 'person', person_key::text from vault.person where payor_id = %s"
            " and member_id in (select person_id from {} where receipt_id = %s)"
        )
    conn.execute(
        sql.SQL(
            "insert into ops.change (payor_id, entity, key, cause, receipt_id)"
            " select {payor}, touched.*, 'receipt', {receipt} from ({keys}) as touched"
        ).format(payor=PAYOR, receipt=receipt, keys=keys.format(table)),
        (PAYOR, receipt),
    )


def members(count: int, rng: random.Random) -> Iterator[tuple[object, ...]]:
    """One enrolment each, a tenth with a gap and a second one."""
    for number in range(count):
        person, start = f"M{number:07d}", datetime.date(2022, rng.randrange(1, 13), 1)
        gap = rng.random() < 0.1
        first_end = datetime.date(2023, 6, 30) if gap else None
        born = datetime.date(1940 + rng.randrange(70), rng.randrange(1, 13), 3)
        yield person, "female" if number % 2 else "male", born, start, first_end
        if gap:
            yield person, "female" if number % 2 else "male", born, datetime.date(2023, 9, 1), None


@contextmanager
def warehouse() -> Iterator[Settings]:
    """A throw-away installation with the payor."""
    with tempfile.TemporaryDirectory(prefix="claims_core") as folder:
        settings = Settings(root=ROOT, home=Path(folder))
        migrate.init(settings)
        try:
            path = Path(folder) / f"{PAYOR}.yml"
            path.write_text(PAYOR_YAML)
            payors.add(settings, path)
            with connect(settings, "transformer") as conn:
                ensure_table(conn, PAYOR)
            yield settings
        finally:
            server.destroy(settings)


def build(settings: Settings, as_of: datetime.date) -> tuple[float, dict[str, float]]:
    """Build the claims core as a night would; seconds, and seconds of each model."""
    with connect(settings, "publisher") as conn:
        release.seal_inputs(conn, release.open_run(conn, PAYOR, as_of))
    target = settings.dbt_dir(PAYOR, "claims_core")
    started = time.perf_counter()
    run_dbt(settings, PAYOR, target, ["run", "--select", *SELECT.split()])
    seconds = time.perf_counter() - started
    results = read_results(target) or {}
    bad = {name: status for name, status in results.items() if status != "success"}
    if bad or not results:
        raise SystemExit(f"the build failed: {bad or 'no results'}")
    timed = json.loads((target / "run_results.json").read_text())["results"]
    with connect(settings) as conn:
        conn.execute("update ops.change set released_in = 0 where released_in is null")
    return seconds, {row["unique_id"].split(".")[-1]: row["execution_time"] for row in timed}


def report(what: str, lines: int, seconds: float, models: dict[str, float]) -> None:
    """Print one build."""
    print(f"{what}: {lines:,} lines in {seconds:.1f} s = {lines / seconds:,.0f} lines/s")
    for name, spent in sorted(models.items(), key=lambda item: -item[1])[:12]:
        print(f"    {name:<28} {spent:6.2f} s")


def main() -> None:
    """Run the benchmark and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--increment", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng, persons = random.Random(asked.seed), max(asked.lines // LINES_A_PERSON, 10)
    enrolment = "receipt_id, record_no, person_id, gender, birth_date"
    enrolment += ", enrollment_start_date, enrollment_end_date"
    with warehouse() as settings:
        with connect(settings) as conn:
            deliver(conn, "eligibility", enrolment, members(persons, rng))
            count = deliver(
                conn, "medical_claim", ", ".join(COLUMNS), claims(asked.lines, persons, rng, "C")
            )
        memory = Memory()
        watcher = threading.Thread(target=memory.watch, args=(settings,))
        watcher.start()
        report("first build", count, *build(settings, datetime.date(2026, 7, 1)))
        with connect(settings) as conn:
            added = deliver(
                conn,
                "medical_claim",
                ", ".join(COLUMNS),
                claims(asked.increment, persons, rng, "D"),
            )
        report("increment", added, *build(settings, datetime.date(2026, 7, 2)))
        memory.stop.set()
        watcher.join()
    dbt = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(
        f"peak memory: server {memory.together / 1024:,.0f} MB"
        f" (one process {memory.one / 1024:,.0f} MB), dbt {dbt / 1024:,.0f} MB"
    )


if __name__ == "__main__":
    main()
