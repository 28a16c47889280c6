{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    person.person_key,

    -- what for
    {{ clean_word('source.purpose') }} as purpose,

    -- dates
    source.consent_from,
    source.withdrawn_at,

    -- audit
    coalesce(source.sender_sequence, 0) as sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('consent', {'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
