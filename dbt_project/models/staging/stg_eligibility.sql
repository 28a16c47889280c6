{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    person.person_key,
    {{ clean_text('source.group_id') }} as group_id,

    -- plan
    {{ clean_text('source.payer') }} as payer,
    {{ clean_text('source.plan') }} as plan,
    {{ clean_word('source.line_of_business') }} as line_of_business,

    -- person
    {{ clean_word('source.gender') }} as gender,
    source.birth_date,
    source.death_date,

    -- dates
    source.enrollment_start_date,
    source.enrollment_end_date,
    source.file_date,

    -- what more the sender may say
    source.other_coverage_from,
    source.other_coverage_to,
    {{ clean_word('source.funding_type') }} as funding_type,
    {{ clean_word('source.coverage_tier') }} as coverage_tier,
    {{ clean_word('source.language') }} as language,

    -- audit
    coalesce(source.sender_sequence, 0) as sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('eligibility', {'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
