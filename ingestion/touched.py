"""What a loaded file makes the night recompute, and the persons it is the first to name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from ingestion.contract import Feed
from ingestion.receipts import Receipt

# A whole file, whatever its records are numbered.
ALL_RECORDS = (0, (1 << 31) - 1)
HERE = "receipt_id = %(receipt)s and record_no between %(first)s and %(last)s"
# The feed whose claims the work list can read from a receipt's rows (int_work_claim_link).
READ_BY_RECEIPT = "medical_claim"
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
    # The payor's number of the claim, and the provider's as an 837 names it: any of them may be the
    # claim that is paid (dbt_project/macros/keys.sql).
    "claim_payment": f"""
        select 'claim_family', md5(%(payor)s || '|' || named.claim_id)
        from {{table}} as raw
        cross join lateral (
            values
            (coalesce(nullif(raw.original_claim_id, ''), raw.claim_id)),
            (nullif(raw.payee_npi, '') || ':' || raw.patient_control_number),
            (nullif(raw.payee_tin, '') || ':' || raw.patient_control_number)
        ) as named (claim_id)
        where {HERE} and named.claim_id is not null
        group by 2
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


@dataclass(frozen=True)
class Rows:
    """Stored rows of one receipt in one table. records: first and last record number that count."""

    table: sql.Identifier
    payor: str
    receipt_id: int
    records: tuple[int, int] = ALL_RECORDS

    @property
    def values(self) -> dict[str, Any]:
        return {
            "payor": self.payor,
            "receipt": self.receipt_id,
            "first": self.records[0],
            "last": self.records[1],
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
    rows = Rows(table, receipt.payor, receipt.receipt_id, records)
    if feed.introduces_person:
        name_persons(cursor, rows)
    mark_keys(cursor, rows, feed.change_entity, cause)


def mark_part(cursor: Any, receipt: Receipt, feed: Feed) -> None:
    """One row that stands for every claim of a large file: a change without a key.

    Other changes of a part, and its persons, are written when the part is finished.
    """
    if feed.name != READ_BY_RECEIPT:
        return
    cursor.execute(
        """
        insert into ops.change (payor_id, entity, key, cause, receipt_id)
        values (%s, 'claim_family', '', 'receipt', %s)
        """,
        (receipt.payor, receipt.receipt_id),
    )


def name_persons(cursor: Any, rows: Rows) -> None:
    """Gives a key to every person that the rows are the first to name."""
    cursor.execute(sql.SQL(NEW_PERSONS).format(table=rows.table), rows.values)


def mark_keys(cursor: Any, rows: Rows, entity: str, cause: str = "receipt") -> None:
    """One change per key of the rows. entity: as in the feed's contract; cause: of `ops.change`."""
    if entity == "none":
        return
    touched = sql.SQL(CHANGES[entity]).format(table=rows.table)
    insert = sql.SQL(
        """
        insert into ops.change (payor_id, entity, key, cause, receipt_id)
        select %(payor)s, touched.entity, touched.key, %(cause)s, %(receipt)s
        from ({}) as touched (entity, key)
        """
    )
    cursor.execute(insert.format(touched), {**rows.values, "cause": cause})
