"""Warnings that need reference data: which values say nothing, which codes exist.

They are dated data of the warehouse and not part of a contract, so only `receive` gives them, and
they never keep a row out: a list may be older than the file.
"""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from ingestion.rules.rows_of import Stored

_PERSONS = """
    select count(*)
    from {table}
    where receipt_id = %s
        and (
            {first} = any (array(select value from reference.placeholder where kind = 'name'))
            or {last} = any (array(select value from reference.placeholder where kind = 'name'))
            or birth_date = any (
                array(select value::date from reference.placeholder where kind = 'birth_date')
            )
            or {number} = any (
                array(select value from reference.placeholder where kind = 'national_id')
            )
            or {number} ~ '^(000|999)[0-9]{{6}}$'
            or {number} ~ '^([0-9])\\1+$'
        )
""".replace(
    "{first}", "regexp_replace(lower(btrim(first_name)), '[^[:alnum:]]+', ' ', 'g')"
).replace(
    "{last}", "regexp_replace(lower(btrim(last_name)), '[^[:alnum:]]+', ' ', 'g')"
).replace(
    "{number}", "regexp_replace(social_security_number, '[^0-9]', '', 'g')"
)
# The day on which an adjustment was made is that of the payment, which stands on the claim.
_REASONS = """
    with

    sent as (
        select record_no, 'group' as code_list, group_code as code
        from {table}
        where receipt_id = %(receipt)s
        union all
        select record_no, 'reason', reason_code
        from {table}
        where receipt_id = %(receipt)s
    )

    select count(distinct record_no)
    from sent
    where not exists (
        select 1
        from reference.adjustment_code as known
        where known.code_list = sent.code_list and known.code = sent.code
            and coalesce(known.valid_to, 'infinity') >= %(day)s
    )
"""
WARNINGS = {
    "eligibility": ("W-PLACEHOLDER", _PERSONS),
    "member": ("W-PLACEHOLDER", _PERSONS),
}
