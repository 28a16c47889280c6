{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.case_key,
    source.opinion,
    source.proposal_no,

    -- codes
    {{ clean_word('source.procedure_family') }} as procedure_family,
    coalesce({{ clean_word('source.laterality') }}, '') as laterality,
    {{ clean_code('source.intent_evidence') }} as intent_evidence,
    {{ clean_word('source.recommendation') }} as recommendation,

    -- dates
    source.recommended_date,
    source.planned_date,
    source.deferred_until,

    -- what more the sender may say
    {{ clean_text('source.authorization_id') }} as authorization_id,
    {{ clean_word('source.procedure_code_system') }} as procedure_code_system,
    {{ clean_code('source.procedure_code') }} as procedure_code,
    {{ clean_word('source.extent') }} as extent,
    source.levels,

    -- audit
    source.sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('consultation_procedure', {'case_key': case_key()}) }}
{{ join_receipt() }}
