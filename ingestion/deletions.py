"""Claims whose records their sender has deleted become void, whichever comes first.

A void is written for each line of a deleted claim: with the file of the deletion where the claim is
stored, with the file of the claim where the deletion is. A version that is newer than the deletion
stays. The order is that of `readers.fhir.versions`: tens of seconds, raised by a tier.
"""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from ingestion.readers.fhir.versions import TIER

FEED = "withdrawn_record"
KINDS = ("ExplanationOfBenefit", "Claim")
KEPT = (
    "claim_id", "claim_line_number", "claim_type", "person_id", "member_id", "original_claim_id",
    "claim_start_date", "claim_end_date", "claim_line_start_date", "claim_line_end_date",
    "sender_record_id",
)  # fmt: skip
# Expansion numbers of voids that go with a claim's own record, beyond those of its lines.
BEYOND = 16_000
# Of a version's order the tier stays, and within it the void comes right after the deletion.
_VOIDS = """
    insert into {claims} (
        receipt_id, record_no, expansion_no, {kept}, adjustment_type, sender_sequence
    )
    select
        %(receipt)s,
        voided.record_no,
        %(beyond)s + row_number() over (
            partition by voided.record_no order by voided.claim_id, voided.claim_line_number
        ),
        {voided},
        'void',
        voided.tier * {tier} + voided.deleted_at + 1
    from (
        select distinct on (sent.claim_id, sent.claim_line_number)
            {sent},
            {place}.record_no,
            sent.sender_sequence / {tier} as tier,
            gone.sender_sequence as deleted_at
        from {gone} as gone
        inner join {claims} as sent on sent.sender_record_id = gone.record_id
        where
            {place}.receipt_id = %(receipt)s
            and gone.record_type = any (%(kinds)s)
            and coalesce(sent.adjustment_type, '') <> 'void'
            and sent.sender_sequence >= 0
            and sent.sender_sequence %% {tier} <= gone.sender_sequence
        order by
            sent.claim_id, sent.claim_line_number, sent.sender_sequence desc,
            gone.sender_sequence desc, sent.receipt_id, sent.record_no, gone.record_no
    ) as voided
"""


def void_deleted(cursor: Any, schema: str, receipt_id: int, targets: list[str]) -> list[str]:
    """Writes the voids that the rows of this receipt call for; returns all feeds it now fills.

    Commits nothing.
    """
    places = {FEED: "gone", "medical_claim": "sent"}
    for feed in sorted(set(targets) & set(places), reverse=True):
        # two files that need each other must not both miss the other
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{schema}/deletions",)
        )
        statement = sql.SQL(_VOIDS).format(
            claims=sql.Identifier(schema, "medical_claim"),
            gone=sql.Identifier(schema, FEED),
            kept=_columns(),
            voided=_columns("voided"),
            sent=_columns("sent"),
            place=sql.Identifier(places[feed]),
            tier=sql.Literal(TIER),
        )
        beyond = BEYOND if feed == "medical_claim" else 0
        values = {"receipt": receipt_id, "beyond": beyond, "kinds": list(KINDS)}
        cursor.execute(statement, values)
    return sorted({*targets, "medical_claim"}) if FEED in targets else targets


def _columns(table: str | None = None) -> sql.Composed:
    names = (sql.Identifier(table, name) if table else sql.Identifier(name) for name in KEPT)
    return sql.SQL(", ").join(names)
