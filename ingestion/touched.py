"""What a loaded file makes the night recompute, and the persons it is the first to name."""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from ingestion.contract import Feed
from ingestion.receipts import Receipt

# A whole file, whatever its records are numbered.
ALL_RECORDS = (0, (1 << 31) - 1)
HERE = "receipt_id = %(receipt)s and record_no between %(first)s and %(last)s"
PERSON = "coalesce(nullif(raw.member_id, ''), raw.person_id)"
# Known persons are left out before anything is drawn for them: most rows are of known persons.
# Two loads of one payor meet in vault.person: the same order keeps them from deadlocking.
NEW_PERSONS = f"""
    insert into vault.person (payor_id, member_id)
    select %(payor)s, sent.member_id
    from (select {PERSON} from {{table}} as raw where {HERE} group by 1)
        as sent (member_id)
    where not exists (
        select from vault.person
        where person.payor_id = %(payor)s and person.member_id = sent.member_id
    )
    order by sent.member_id
    on conflict do nothing
"""
CHANGES = {
    "claim_family": f"""
        select 'claim_family', md5(%(payor)s || '|' || sent.claim_id)
        from (
            select coalesce(nullif(original_claim_id, ''), claim_id)
            from {{table}}
            where {HERE}
            group by 1
        ) as sent (claim_id)
    """,
    "person": f"""
        select 'person', person.person_key::text
        from (select {PERSON} from {{table}} as raw where {HERE} group by 1)
            as sent (member_id)
        inner join vault.person
            on person.payor_id = %(payor)s and person.member_id = sent.member_id
    """,
    "case": f"""
        select 'case', md5(%(payor)s || '|' || consultation_id)
        from {{table}}
        where {HERE}
        group by consultation_id
    """,
}


def mark_changes(
    cursor: Any,
    receipt: Receipt,
    feed: Feed,
    cause: str = "receipt",
    records: tuple[int, int] = ALL_RECORDS,
) -> None:
    """New persons, and what the night must recompute because of one feed of this file.

    records: first and last record number that count; cause: of `ops.change`.
    """
    table = sql.Identifier(f"raw_{receipt.payor}", feed.name)
    values = {
        "payor": receipt.payor,
        "receipt": receipt.receipt_id,
        "cause": cause,
        "first": records[0],
        "last": records[1],
    }
    if feed.introduces_person:
        cursor.execute(sql.SQL(NEW_PERSONS).format(table=table), values)
    if feed.change_entity == "none":
        return
    touched = sql.SQL(CHANGES[feed.change_entity]).format(table=table)
    insert = sql.SQL(
        """
        insert into ops.change (payor_id, entity, key, cause, receipt_id)
        select %(payor)s, touched.entity, touched.key, %(cause)s, %(receipt)s
        from ({}) as touched (entity, key)
        """
    )
    cursor.execute(insert.format(touched), values)
