with

source as (
    select
        *,
        {{ member_key() }} as member_key
    from {{ source('raw', 'pharmacy_claim') }}
),

person as (
    select * from {{ source('vault', 'person') }}
    where payor_id = '{{ var("payor") }}'
),

receipt as (
    select * from {{ source('ops', 'receipt') }}
),

renamed as (
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
    from source
    left join person
        on source.member_key = person.member_id
    left join receipt
        on source.receipt_id = receipt.receipt_id
)

select * from renamed
