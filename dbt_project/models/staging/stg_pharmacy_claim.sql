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

    -- what more the sender may say
    source.rebate_amount,

    -- audit
    coalesce(source.sender_sequence, 0) as sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('pharmacy_claim', {'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
