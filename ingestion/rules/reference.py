"""Warnings that need reference data: values that say nothing, codes that nobody has heard of.

The lists are dated data of the warehouse and no part of a contract, so only `receive` gives these
warnings, and they never keep a row out: a list may be older than the file.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg2 import sql

# Names, dates and numbers as the lists hold them: letters and digits only, in lower case.
_PERSONS = r"""
    with

    sent as (
        select
            regexp_replace(lower(btrim(first_name)), '[^[:alnum:]]+', ' ', 'g') as first_name,
            regexp_replace(lower(btrim(last_name)), '[^[:alnum:]]+', ' ', 'g') as last_name,
            birth_date,
            regexp_replace(social_security_number, '[^0-9]', '', 'g') as number
        from {table}
        where receipt_id = %(receipt)s
    ),

    known as (
        select
            array_agg(value) filter (where kind = 'name') as names,
            array_agg(value::date) filter (where kind = 'birth_date') as days,
            array_agg(value) filter (where kind = 'national_id') as numbers
        from reference.placeholder
    )

    select count(*)
    from sent
    cross join known
    where
        sent.first_name = any (known.names)
        or sent.last_name = any (known.names)
        or sent.birth_date = any (known.days)
        or sent.number = any (known.numbers)
        or sent.number ~ '^(000|999)[0-9]{{6}}$'
        or sent.number ~ '^([0-9])\1+$'
"""
_REASONS = """
    with

    sent as (
        select 'group' as code_list, group_code as code, record_no
        from {table}
        where receipt_id = %(receipt)s
        union all
        select 'reason', reason_code, record_no
        from {table}
        where receipt_id = %(receipt)s
    )

    select count(distinct sent.record_no)
    from sent
    where not exists (
        select 1
        from reference.adjustment_code as known
        where
            known.code_list = sent.code_list
            and known.code = sent.code
            and known.valid_from <= %(received)s
            and coalesce(known.valid_to, 'infinity') >= %(received)s - interval '2 years'
    )
"""
_REMARKS = """
    select count(distinct sent.record_no)
    from {table} as sent
    cross join lateral string_to_table(sent.remark_codes, ' ') as remark (code)
    where
        sent.receipt_id = %(receipt)s
        and remark.code <> ''
        and not exists (
            select 1
            from reference.adjustment_code as known
            where known.code_list = 'remark' and known.code = remark.code
        )
"""
WARNINGS = {
    "consultation": ("W-PLACEHOLDER", _PERSONS),
    "eligibility": ("W-PLACEHOLDER", _PERSONS),
    "member": ("W-PLACEHOLDER", _PERSONS),
    "remittance_adjustment": ("W-REASON", _REASONS),
    "remittance_claim": ("W-REASON", _REMARKS),
    "remittance_line": ("W-REASON", _REMARKS),
}


def noted(
    cursor: Any, feed: str, table: sql.Composable, receipt_id: int, received: date
) -> tuple[str, int] | None:
    """(code, rows) of what the lists say of one feed's rows, None if nothing."""
    if feed not in WARNINGS:
        return None
    code, query = WARNINGS[feed]
    values = {"receipt": receipt_id, "received": received}
    cursor.execute(sql.SQL(query).format(table=table), values)
    (count,) = cursor.fetchone()
    return (code, int(count)) if count else None
