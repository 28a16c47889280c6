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
from {{ delivered_rows('consultation_diagnosis', {'case_key': case_key()}) }}
{{ join_receipt() }}
