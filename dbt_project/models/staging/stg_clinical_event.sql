{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.event_id,
    {{ clean_text('source.encounter_id') }} as encounter_id,
    person.person_key,

    -- what
    source.event_type,
    {{ clean_word('source.event_class') }} as event_class,
    {{ clean_word('source.status') }} as status,
    {{ clean_word('source.verification_status') }} as verification_status,
    {{ clean_code('source.code') }} as code,
    {{ clean_word('source.code_system') }} as code_system,
    {{ clean_code('source.reason_code') }} as reason_code,
    {{ clean_word('source.reason_code_system') }} as reason_code_system,
    {{ clean_code('source.body_site_code') }} as body_site_code,

    -- dates
    source.event_start_date,
    source.event_end_date,
    source.recorded_date,

    -- audit
    coalesce(source.sender_sequence, 0) as sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('clinical_event', {'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
