"""Claims of a test as loaded files of claim lines, and what dbt's models make of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.transform import read_results, run_dbt
from tests.dbt.conftest import Nights
from tests.generative.final_action import Judged, Row
from warehouse import release
from warehouse.connection import connect

SELECT = (
    "+int_claim_line",
    "int_claim_excluded",
    "int_claim_reconciliation",
    "+int_claim_unenrolled",
)
AS_OF = date(2026, 7, 2)
STATES = """
    select
        sent.claim_id,
        sent.claim_line_number,
        coalesce(sent.adjustment_type, 'original'),
        coalesce(sent.sender_sequence, 0),
        sent.adjudicated_date::text,
        sent.file_date::text,
        coalesce(
            verdict.state,
            case when line.claim_line_key is not null then 'final' else 'lost' end
        ),
        verdict.reason,
        line.paid_amount,
        line.allowed_amount,
        line.charge_amount,
        (verdict.state is null or verdict.state = 'final') <> (line.claim_line_key is not null)
    from raw_{payor}.medical_claim as sent
    left join work_{payor}.int_claim_verdict as verdict using (receipt_id, record_no, expansion_no)
    left join work_{payor}.int_claim_line as line using (receipt_id, record_no, expansion_no)
"""


def deliver(nights: Nights, rows: Sequence[Row], **constant: object) -> None:
    """The rows as one file of medical claims, every one of them taken in."""
    nights.store("medical_claim", *(_delivered(row) | constant for row in rows))


def _delivered(row: Row) -> dict[str, Any]:
    values = {
        "claim_id": row.claim,
        "claim_line_number": row.line,
        "claim_type": "professional",
        "person_id": row.person,
        "claim_start_date": "2024-01-15",
        "original_claim_id": row.original,
        "adjustment_type": row.kind,
        "sender_sequence": row.sequence,
        "adjudicated_date": row.adjudicated,
        "file_date": row.file_date,
        "paid_amount": row.paid,
        "allowed_amount": row.allowed,
        "charge_amount": row.charge,
        "service_unit_quantity": row.units,
        "claim_paid_amount": row.whole_paid,
        "claim_allowed_amount": row.whole_allowed,
        "claim_charge_amount": row.whole_charge,
    }
    return {name: value for name, value in values.items() if value is not None}


def build(nights: Nights, as_of: date = AS_OF, full_refresh: bool = False) -> None:
    """The claims core of one night, its changes then marked as published."""
    with connect(nights.settings, "publisher") as conn:
        release.seal_inputs(conn, release.open_run(conn, nights.payor, as_of))
    target = nights.settings.dbt_dir(nights.payor, "claims_core")
    more = ["--full-refresh"] if full_refresh else []
    run_dbt(nights.settings, nights.payor, target, ["run", "--select", *SELECT, *more])
    results = read_results(target)
    assert results, "dbt left no results"
    assert {name: status for name, status in results.items() if status != "success"} == {}
    with connect(nights.settings) as conn:
        conn.execute(
            "update ops.change set released_in = 0 where payor_id = %s and released_in is null",
            (nights.payor,),
        )


def found(nights: Nights) -> Counter[tuple[Any, ...]]:
    """What became of every delivered row; a superseded row's reason is left out."""
    seen: Counter[tuple[Any, ...]] = Counter()
    for *row, is_odd in nights.query(STATES.replace("{payor}", nights.payor)):
        assert not is_odd, "a row is final in one place only"
        state, reason = row[6], row[7]
        seen[(*row[:7], reason if state in ("held", "excluded") else None, *row[8:])] += 1
    return seen


def expected(judged: Judged) -> Counter[tuple[Any, ...]]:
    """The same of a reference's verdicts."""
    return Counter(
        (
            *(row.claim, row.line, row.kind, row.sequence, row.adjudicated, row.file_date),
            *(verdict.state, verdict.reason),
            *map(_money, (verdict.paid, verdict.allowed, verdict.charge)),
        )
        for row, verdict in judged
    )


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.0001"))


def accounted(nights: Nights) -> tuple[int, int]:
    """Delivered rows, and rows that are final or counted with a reason."""
    (counts,) = nights.query(
        f"select (select count(*) from raw_{nights.payor}.medical_claim),"
        f" (select count(*) from work_{nights.payor}.int_claim_line)"
        f" + (select coalesce(sum(n_rows), 0) from work_{nights.payor}.int_claim_excluded)"
    )
    return int(counts[0]), int(counts[1])
