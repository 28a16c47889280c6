{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.claim_id,
    source.claim_line_number,
    person.person_key,

    -- codes
    {{ clean_text('source.ndc_code') }} as ndc_code,

    -- money
    source.paid_amount,
    source.allowed_amount,
    source.charge_amount,
    source.quantity,
    source.days_supply,
    {{ clean_code('source.currency_code') }} as currency_code,

    -- dates
    source.dispensing_date,
    source.paid_date,

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
    from {{ source('raw', 'pharmacy_claim') }}
) as source
left join (select * from {{ source('vault', 'person') }}) as person -- noqa: ST05
    on
        person.payor_id = '{{ var("payor") }}'
        and source.member_key = person.member_id
left join (select * from {{ source('ops', 'receipt') }}) as receipt -- noqa: ST05
    on source.receipt_id = receipt.receipt_id
