"""What a payor's readers see after a night, read through `bi` with the payor's own login."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row

from pipeline.settings import Settings
from warehouse import connection

CLASSES = """
    select consultation_id, final_class
    from bi.fct_diagnosis_change join bi.fct_second_opinion using (payor_id, case_key)
"""
STATUSES = """
    select consultation_id, proposal_no, d.procedure_family, status, unverifiable_reason
    from bi.fct_procedure_decision as d join bi.fct_second_opinion using (payor_id, case_key)
"""
CASES = "select case_status, count(*) as n from bi.fct_second_opinion group by 1"
UTILISATION = """
    select measure, numerator from bi.mart_utilisation
    where slice = 'total' and period_grain = 'all'
"""
LEDGER = "select * from bi.fct_case_savings"
CLAIM_LINES = """
    select
        case_key, consultation_id, component, count(*) as lines,
        sum(allowed_amount) as allowed, sum(paid_amount) as paid
    from bi.fct_case_claim join bi.fct_second_opinion using (payor_id, case_key)
    group by 1, 2, 3
"""
FEES = "select * from bi.fct_programme_fee"
SAVINGS = "select * from bi.mart_cost_savings"
RECEIPTS = (
    "select plaintext_sha256, state, code, accepted, quarantined, receipt_id from ops.receipt"
)


@dataclass(frozen=True)
class Published:
    """One night of one payor as its readers see it."""

    classes: dict[str, str]
    statuses: dict[tuple[str, int], tuple[str, str]]
    reasons: dict[tuple[str, int], str]
    cases: dict[str, int]
    utilisation: dict[str, Decimal]
    ledger: list[dict[str, Any]]
    claim_costs: list[dict[str, Any]]
    fees: list[dict[str, Any]]
    savings: list[dict[str, Any]]
    release: dict[str, Any]


def published(settings: Settings, who: str) -> Published:
    """Read everything in one snapshot."""
    with connection.connect_login(settings, f"bi_{who}") as conn:

        def rows(query: str) -> list[dict[str, Any]]:
            return conn.cursor(row_factory=dict_row).execute(query).fetchall()  # type: ignore[arg-type]

        return Published(
            classes={r["consultation_id"]: r["final_class"] for r in rows(CLASSES)},
            statuses={
                (r["consultation_id"], r["proposal_no"]): (r["procedure_family"], r["status"])
                for r in rows(STATUSES)
            },
            reasons={
                (r["consultation_id"], r["proposal_no"]): r["unverifiable_reason"]
                for r in rows(STATUSES)
                if r["unverifiable_reason"]
            },
            cases={r["case_status"]: r["n"] for r in rows(CASES)},
            utilisation={r["measure"]: r["numerator"] for r in rows(UTILISATION)},
            ledger=rows(LEDGER),
            claim_costs=rows(CLAIM_LINES),
            fees=rows(FEES),
            savings=rows(SAVINGS),
            release=rows("select * from bi.release_status")[0],
        )
