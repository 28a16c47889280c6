"""Made-up claim history that is stored as large files are: parts with keys, receipts that add up.

The database makes the rows itself, so that ten million lines take minutes and not an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from ingestion import parts

DAY = date(2026, 6, 1)
LINES_A_CLAIM = 3
# One person has so many lines over the three years of the history.
LINES_A_PERSON = 60
COLUMNS = (
    "record_no", "claim_id", "claim_line_number", "claim_type", "person_id", "member_id",
    "claim_start_date", "claim_line_start_date", "place_of_service_code",
    "service_unit_quantity", "hcpcs_code", "rendering_npi", "billing_npi", "paid_date",
    "paid_amount", "allowed_amount", "charge_amount", "diagnosis_code_type", "diagnosis_code_1",
    "original_claim_id", "adjustment_type", "sender_sequence", "adjudicated_date",
)  # fmt: skip
# Line n of the history; hashint8 spreads claims over persons and days, the same in every run.
ROWS = f"""
    insert into {{part}} ({", ".join(COLUMNS)})
    select
        n + 2, 'H' || claim, n %% {LINES_A_CLAIM} + 1, 'professional', person, person,
        day, day, '11', 1, 'DP-' || lpad((claim %% 400)::text, 3, '0'),
        (1000000000 + claim %% 5000)::text, (1000000000 + claim %% 5000)::text, day + 30,
        10 + claim %% 900, 20 + claim %% 900, 40 + claim %% 900, 'icd-10-cm',
        'M' || lpad((claim %% 100)::text, 2, '0'), null, null, 0, day + 30
    from (
        select
            n,
            n / {LINES_A_CLAIM} as claim,
            'M' || lpad(
                (abs(hashint8(n / {LINES_A_CLAIM})) %% %(persons)s)::text, 7, '0'
            ) as person,
            date '2023-01-01' + abs(hashint8(7 * (n / {LINES_A_CLAIM}))) %% 1000 as day
        from generate_series(%(first)s::bigint, %(last)s::bigint) as n
    ) as made
"""


def deliver(conn: Connection, payor: str, lines: int, a_file: int) -> None:
    """A history of so many lines in files of `a_file` lines. conn: the owner's."""
    for first in range(0, lines, a_file):
        _file(conn, payor, first, min(first + a_file, lines) - 1, max(lines // LINES_A_PERSON, 1))
    parts.finish(conn, payor)
    with conn, conn.cursor() as cursor:
        cursor.execute(f"analyze raw_{payor}.medical_claim")
        cursor.execute("analyze vault.person")


def _file(conn: Connection, payor: str, first: int, last: int, persons: int) -> None:
    """Lines first to last as one loaded receipt; the commit checks that its counts are right."""
    with conn, conn.cursor() as cursor:
        cursor.execute(
            """
            insert into ops.receipt (
                payor_id, feed, layout, file_sha256, plaintext_sha256, state, business_date
            )
            values (%s, 'medical_claim', 'canonical_csv', md5(%s), md5(%s), 'received', %s)
            returning receipt_id
            """,
            (payor, str(first), str(first), DAY),
        )
        (receipt,) = cursor.fetchone()
        cursor.execute(
            "select ops.open_part(%s, 'medical_claim', %s, %s::text[])",
            (payor, receipt, list(COLUMNS)),
        )
        part = f"raw_{payor}.{cursor.fetchone()[0]}"
        cursor.execute(ROWS.format(part=part), {"first": first, "last": last, "persons": persons})
        cursor.execute("select ops.close_part(%s, 'medical_claim', %s)", (payor, receipt))
        cursor.execute(
            """
            insert into ops.change (payor_id, entity, key, cause, receipt_id)
            values (%s, 'claim_family', '', 'receipt', %s)
            """,
            (payor, receipt),
        )
        cursor.execute(
            """
            update ops.receipt
            set
                state = 'loaded', lines = %(lines)s, accepted = %(lines)s, header_lines = 0,
                trailer_lines = 0, blank_lines = 0, quarantined = 0
            where receipt_id = %(receipt)s
            """,
            {"lines": last - first + 1, "receipt": receipt},
        )


def write_delta(path: Path, lines: int, history: int) -> None:
    """A canonical file of new claims; every tenth replaces a claim of the history."""
    columns, cents = COLUMNS[1:], 0
    with path.open("w", newline="\n") as out:
        out.write(",".join(columns) + "\n")
        for line, paid in _delta_lines(lines, history):
            out.write(",".join(line) + "\n")
            cents += paid
        out.write(f"#TRAILER,{lines},{cents // 100}.{cents % 100:02}\n")


def _delta_lines(lines: int, history: int) -> Iterator[tuple[list[str], int]]:
    persons, claims = max(history // LINES_A_PERSON, 1), max(history // LINES_A_CLAIM, 1)
    for n in range(lines):
        claim = n // LINES_A_CLAIM
        is_correction = claim % 10 == 0
        # primes spread the corrections over the whole history
        corrected = f"H{claim * 7919 % claims}" if is_correction else ""
        person = f"M{claim * 104_729 % persons:07}"
        day = date(2026, 5, 1) - timedelta(days=claim % 28)
        paid = 1000 + n % 50_000
        code, npi = f"DP-{claim % 400:03}", str(1_000_000_000 + claim % 5000)
        yield [
            f"N{claim}", str(n % LINES_A_CLAIM + 1), "professional", person, person,
            day.isoformat(), day.isoformat(), "11", "1", code, npi, npi, "2026-05-30",
            *(f"{amount // 100}.{amount % 100:02}" for amount in (paid, 2 * paid, 3 * paid)),
            "icd-10-cm", f"M{claim % 100:02}", corrected,
            "replacement" if is_correction else "", "1" if is_correction else "0", "2026-05-30",
        ], paid  # fmt: skip
