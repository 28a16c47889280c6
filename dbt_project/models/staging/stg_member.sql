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
from (
    select
        *,
        {{ member_key() }} as member_key
    from {{ source('raw', 'member') }}
) as source
left join (select * from {{ source('vault', 'person') }}) as person -- noqa: ST05
    on
        person.payor_id = '{{ var("payor") }}'
        and source.member_key = person.member_id
left join (select * from {{ source('ops', 'receipt') }}) as receipt -- noqa: ST05
    on source.receipt_id = receipt.receipt_id
