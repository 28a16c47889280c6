{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.case_key,
    source.consultation_id,
    coalesce(person.person_key, link.person_key) as person_key,
    nullif(trim(source.member_id), '') is not null as has_member_id,
    source.vendor_id,
    {{ clean_text('source.contract_id') }} as contract_id,

    -- how it was done
    source.delivery_mode,
    {{ clean_word('source.delivery_submode') }} as delivery_submode,
    source.service_type,
    source.reviewer_count,
    source.end_user,
    source.initiation,
    {{ clean_word('source.specialty') }} as specialty,
    {{ clean_word('source.ai_assisted') }} as ai_assisted,
    {{ clean_code('source.country') }} as country_code,
    {{ clean_word('source.language') }} as language,
    {{ clean_word('source.reviewer_class') }} as reviewer_class,
    source.reviewer_grade,
    {{ clean_word('source.reviewer_reason_code') }} as reviewer_reason_code,
    {{ clean_word('source.reviewer_blinded') }} as reviewer_blinded,
    coalesce({{ clean_word('source.insufficient_information') }} = 'yes', false) as is_insufficient_information,
    coalesce({{ clean_word('source.diagnosis_supported') }} = 'no', false) as is_unsupported,
    source.status,

    -- money
    source.fee_amount,
    {{ clean_code('source.currency_code') }} as currency_code,

    -- dates
    source.requested_date,
    source.records_complete_date,
    source.assigned_date,
    source.delivered_to_member_date,
    source.acknowledged_date,

    -- what more the sender may say
    {{ clean_word('source.report_channel') }} as report_channel,
    {{ clean_text('source.reviewer_npi') }} as reviewer_npi,
    {{ clean_text('source.reviewer_org_id') }} as reviewer_org_id,
    {{ clean_word('source.reviewer_specialty') }} as reviewer_specialty,
    {{ clean_code('source.reviewer_country') }} as reviewer_country,
    {{ clean_text('source.first_clinician_npi') }} as first_clinician_npi,
    {{ clean_text('source.prior_consultation_id') }} as prior_consultation_id,
    {{ clean_word('source.second_adjudication') }} as second_adjudication,
    {{ clean_word('source.treating_physician_informed') }} as treating_physician_informed,
    {{ clean_word('source.treating_physician_agreed') }} as treating_physician_agreed,
    source.records_requested,
    source.records_received,
    {{ clean_word('source.records_source_system') }} as records_source_system,
    {{ clean_word('source.patient_locality') }} as patient_locality,
    {{ clean_word('source.member_intends_to_follow') }} as member_intends_to_follow,

    -- audit
    source.sender_sequence,
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('consultation', {'case_key': case_key()}) }}
{{ join_person('source.member_id') }}
-- the sender's own word goes before any link
left join ( -- noqa: ST05
    select
        payor_id,
        source,
        source_key,
        person_key
    from {{ source('vault', 'link') }}
    where not is_superseded and status = 'linked'
) as link
    on
        link.payor_id = '{{ var("payor") }}'
        and link.source = 'consultation'
        and source.consultation_id = link.source_key
{{ join_receipt() }}
