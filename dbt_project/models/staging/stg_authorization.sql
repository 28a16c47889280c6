{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    person.person_key,
    source.authorization_id,

    -- what is asked for
    {{ clean_word('source.procedure_family') }} as procedure_family,
    {{ clean_word('source.procedure_code_system') }} as procedure_code_system,
    {{ clean_code('source.procedure_code') }} as procedure_code,
    coalesce({{ clean_word('source.laterality') }}, '') as laterality,
    source.levels,

    -- what was decided
    coalesce({{ clean_word('source.decision') }}, 'pending') as decision,
    source.requested_date,
    source.decided_date,
    source.withdrawn_date,
    source.planned_date,

    -- audit
    source.version_seq,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('authorization', {'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
