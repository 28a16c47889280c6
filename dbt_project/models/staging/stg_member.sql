{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    person.person_key,

    -- person
    {{ clean_word('source.gender') }} as gender,
    source.birth_date,
    source.death_date,

    -- dates
    source.valid_from,
    source.valid_to,

    -- audit
    coalesce(source.sender_sequence, 0) as sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('member', {'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
