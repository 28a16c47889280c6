{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids
    cast('{{ var("payor") }}' as text) as payor_id,
    source.claim_family_key,
    source.claim_id,
    source.claim_line_number,
    person.person_key,

    -- codes
    source.claim_type,
    {{ clean_text('source.place_of_service_code') }} as place_of_service_code,
    {{ clean_text('source.bill_type_code') }} as bill_type_code,
    {{ clean_word('source.drg_code_type') }} as drg_code_type,
    {{ clean_code('source.drg_code') }} as drg_code,
    {{ clean_code('source.hcpcs_code') }} as service_code,
    {% for n in range(1, 6) -%}
    {{ clean_code('source.hcpcs_modifier_' ~ n) }} as modifier_{{ n }},
    {% endfor -%}
    {{ clean_word('source.diagnosis_code_type') }} as diagnosis_code_type,
    {% for n in range(1, 4) -%}
    {{ clean_code('source.diagnosis_code_' ~ n) }} as diagnosis_code_{{ n }},
    {% endfor -%}
    {{ clean_word('source.procedure_code_type') }} as procedure_code_type,
    {% for n in range(1, 26) -%}
    {{ clean_code('source.procedure_code_' ~ n) }} as procedure_code_{{ n }},
    source.procedure_date_{{ n }},
    {% endfor %}
    -- money
    source.paid_amount,
    source.allowed_amount,
    source.charge_amount,
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
    coalesce(source.sender_sequence, 0) as sender_sequence,
    source.adjudicated_date,

    -- audit
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from (
    select
        *,
        {{ claim_family_key() }} as claim_family_key,
        {{ member_key() }} as member_key
    from {{ source('raw', 'medical_claim') }}
) as source
left join (select * from {{ source('vault', 'person') }}) as person -- noqa: ST05
    on
        person.payor_id = '{{ var("payor") }}'
        and source.member_key = person.member_id
left join (select * from {{ source('ops', 'receipt') }}) as receipt -- noqa: ST05
    on source.receipt_id = receipt.receipt_id
