{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.claim_link_key,
    {{ claim_key('source.claim_id') }} as claim_own_key,
    {{ suffix_base_key('source.claim_id') }} as claim_base_key,
    source.claim_id,
    nullif(source.original_claim_id, '') as original_claim_id,
    source.claim_line_number,
    person.person_key,

    -- codes
    source.claim_type,
    {{ clean_text('source.place_of_service_code') }} as place_of_service_code,
    {{ clean_text('source.bill_type_code') }} as bill_type_code,
    {{ clean_text('source.revenue_center_code') }} as revenue_center_code,
    {{ clean_text('source.discharge_disposition_code') }} as discharge_disposition_code,
    {{ clean_word('source.drg_code_type') }} as drg_code_type,
    {{ clean_code('source.drg_code') }} as drg_code,
    {{ clean_code('source.hcpcs_code') }} as service_code,
    {% for n in range(1, 6) -%}
    {{ clean_code('source.hcpcs_modifier_' ~ n) }} as modifier_{{ n }},
    {% endfor -%}
    {{ clean_word('source.diagnosis_code_type') }} as diagnosis_code_type,
    {% for n in range(1, 26) -%}
    {{ clean_code('source.diagnosis_code_' ~ n) }} as diagnosis_code_{{ n }},
    {{ clean_code('source.diagnosis_poa_' ~ n) }} as diagnosis_poa_{{ n }},
    {% endfor -%}
    {{ clean_word('source.procedure_code_type') }} as procedure_code_type,
    {{ any_procedure_code('source') }} as has_procedure_code,
    {% for n in range(1, 26) -%}
    {{ clean_code('source.procedure_code_' ~ n) }} as procedure_code_{{ n }},
    source.procedure_date_{{ n }},
    {% endfor %}
    -- who
    {{ clean_text('source.billing_npi') }} as billing_npi,
    {{ clean_text('source.rendering_npi') }} as rendering_npi,
    {{ clean_text('source.facility_npi') }} as facility_npi,

    -- money of the line, then of the whole claim
    source.paid_amount,
    source.allowed_amount,
    cast(case
        when not {{ is_charge_of_claim('source') }} then source.charge_amount
    end as numeric(18, 4)) as charge_amount,
    source.claim_paid_amount,
    source.claim_allowed_amount,
    cast(case
        when {{ is_charge_of_claim('source') }} then coalesce(source.claim_charge_amount, source.charge_amount)
        else source.claim_charge_amount
    end as numeric(18, 4)) as claim_charge_amount,
    source.service_unit_quantity as units,
    {{ clean_code('source.currency_code') }} as currency_code,

    -- dates
    coalesce(source.claim_line_start_date, source.claim_start_date) as service_date,
    source.admission_date,
    source.discharge_date,
    source.paid_date,

    -- versions
    coalesce({{ clean_word('source.adjustment_type') }}, 'original') as adjustment_type,
    coalesce({{ clean_word('source.claim_status') }}, 'paid') as claim_status,
    {{ clean_text('source.denial_code') }} as denial_code,
    {{ version_number('source') }} as sender_sequence,
    source.adjudicated_date,
    source.file_date,
    receipt.business_date as received_date,

    -- what more the sender may say
    {{ clean_word('source.denial_code_system') }} as denial_code_system,
    source.received_date as payor_received_date,
    {{ clean_word('source.encounter_only_flag') }} as encounter_only_flag,
    source.other_payer_paid,
    source.payer_rank,
    {{ clean_word('source.rendering_specialty') }} as rendering_specialty,
    {{ clean_word('source.procedure_code_release') }} as procedure_code_release,
    {{ clean_word('source.payment_basis') }} as payment_basis,

    -- audit
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('medical_claim', {'claim_link_key': claim_link_key(), 'member_key': member_key()}) }}
{{ join_person() }}
{{ join_receipt() }}
