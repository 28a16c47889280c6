{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.case_key,
    source.opinion,
    source.rank as diagnosis_rank,

    -- codes
    {{ clean_code('source.code') }} as diagnosis_code,
    {{ clean_word('source.code_system') }} as code_system,
    {{ clean_text('source.code_release') }} as code_release,
    {{ clean_word('source.source') }} as diagnosis_source,

    -- dates
    source.diagnosis_date,

    -- audit
    source.sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from (
    select
        *,
        {{ case_key() }} as case_key
    from {{ source('raw', 'consultation_diagnosis') }}
) as source
left join (select * from {{ source('ops', 'receipt') }}) as receipt -- noqa: ST05
    on source.receipt_id = receipt.receipt_id
