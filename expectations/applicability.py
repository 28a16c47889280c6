"""The closed list of reasons for NOT_APPLICABLE, each with the question that grants it.

A reason is asked of another table than the check itself reads, so that an empty table made by
a fault does not excuse itself.
"""

from __future__ import annotations

from typing import Any

import psycopg

from expectations.register import Check
from expectations.scope import RunScope

NA_RULES = {
    "no_new_files": """
        select not exists (
            select 1 from ops.receipt
            where receipt_id in ({receipts}) and feed = '{feed}' and accepted > 0
        )
    """,
    "no_new_files_at_all": "select not exists (select 1 where {receipt_count} > 0)",
    "no_consultation_feed": """
        select not exists (
            select 1 from ops.receipt
            where payor_id = '{payor}' and feed = 'consultation' and state = 'loaded'
        )
    """,
    "no_member_id_sent": """
        select not exists (select 1 from {raw}.consultation where member_id <> '')
    """,
    "nobody_to_link": """
        select not exists (
            select 1 from {raw}.consultation where coalesce(member_id, '') = ''
        )
    """,
    "no_claim_feed": """
        select not exists (
            select 1 from ops.receipt
            where payor_id = '{payor}' and feed = 'medical_claim' and state = 'loaded'
        )
    """,
    "no_touched_claims": """
        select not exists (
            select 1 from ops.change
            where payor_id = '{payor}' and entity = 'claim_family'
                and released_in is null and change_id <= {high_water}
        )
    """,
    "no_touched_persons": """
        select not exists (
            select 1 from ops.change
            where payor_id = '{payor}' and entity in ('claim_family', 'person')
                and released_in is null and change_id <= {high_water}
        )
    """,
    "no_touched_cases": """
        select not exists (select 1 from {work}.int_work_case)
            and not exists (
                select 1 from ops.change
                where payor_id = '{payor}' and entity in ('case', 'basis')
                    and released_in is null and change_id <= {high_water}
            )
    """,
    "no_delivered_case_touched": """
        select not exists (
            select 1 from {work}.int_case
            where t0 is not null
                and case_key in (select case_key from {work}.int_work_case)
        )
    """,
    "no_delivered_case": "select not exists (select 1 from {work}.int_case where t0 is not null)",
    "no_eligibility_feed": """
        select not exists (
            select 1 from ops.receipt
            where payor_id = '{payor}' and feed = 'eligibility' and state = 'loaded'
        )
    """,
    "all_touched_claims_excluded": """
        select not exists (
            select 1 from {work}.int_work_claim_family as touched
            where not exists (
                select 1 from {work}.int_claim_excluded as excluded
                where excluded.claim_family_key = touched.claim_family_key
            )
        )
    """,
    "no_estimable_case_touched": """
        select not exists (
            select 1 from {work}.fct_case_savings
            where is_estimable
                and case_key in (select case_key from {work}.int_work_case)
        )
    """,
    "no_closed_cohort": """
        select not exists (
            select 1 from {work}.fct_second_opinion where maturity = 'closed'
        )
    """,
    "none_of_kind": "select true",
}


def na_reason(conn: psycopg.Connection[Any], scope: RunScope, check: Check) -> str | None:
    """The first of the check's own reasons that holds tonight, None if there is none."""
    feed = check.options.get("feed", check.relation.rpartition(".")[2])
    for name in check.na_rules:
        sql = scope.fill(NA_RULES[name], feed=feed, receipt_count=len(scope.receipts))
        row = conn.execute(sql).fetchone()
        if row is not None and row[0]:
            return name
    return None
