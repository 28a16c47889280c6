with

claim_row as not materialized (
    {{ claim_rows() }}
),

family as (
    select * from {{ ref('int_claim_family') }}
),

-- rows of claims under review; all others are final as they came
verdict as not materialized (
    select * from {{ ref('int_claim_verdict') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

standing as not materialized (
    select * from verdict
    where state = 'final'
),

denial as (
    select * from {{ source('reference', 'denial_code') }}
),

final_row as (
    select
        claim_row.*,
        coalesce(family.claim_family_key, claim_row.claim_link_key) as claim_family_key,
        coalesce(standing.version_count, 1) as version_count,
        {% for amount in claim_amounts() + ['units'] -%}
        case
            when standing.state is null then claim_row.{{ amount }}
            else standing.{{ amount }}
        end as final_{{ amount }},
        {% endfor -%}
        {{ modifier_laterality('claim_row') }} as modifier_laterality,
        denial.service_rendered
    from claim_row
    left join family
        on claim_row.claim_link_key = family.claim_link_key
    left join standing
        on
            claim_row.receipt_id = standing.receipt_id
            and claim_row.record_no = standing.record_no
            and claim_row.expansion_no = standing.expansion_no
    left join denial
        on claim_row.denial_code = denial.code
    where
        not exists (
            select 1
            from verdict
            where
                verdict.receipt_id = claim_row.receipt_id
                and verdict.record_no = claim_row.record_no
                and verdict.expansion_no = claim_row.expansion_no
                and verdict.state <> 'final'
        )
)

select
    payor_id,
    md5(claim_family_key || '|' || claim_line_number) as claim_line_key,
    claim_family_key,
    claim_id,
    claim_line_number,
    person_key,
    claim_type,

    service_date,
    admission_date,
    discharge_date,
    paid_date,

    place_of_service_code,
    bill_type_code,
    {{ care_setting() }} as care_setting,
    revenue_center_code,
    discharge_disposition_code,
    drg_code_type,
    drg_code,
    service_code,
    case
        when service_code is not null
            then {{ procedure_system(payor_term('service_code_system'), 'service_code') }}
    end as service_code_system,
    modifier_1,
    modifier_2,
    modifier_3,
    modifier_4,
    modifier_5,
    modifier_laterality,
    diagnosis_code_type,
    diagnosis_code_1,
    diagnosis_code_2,
    diagnosis_code_3,
    case when has_procedure_code then coalesce(procedure_code_type, 'unspecified') end as procedure_code_system,

    billing_npi,
    rendering_npi,
    facility_npi,

    {% for amount in claim_amounts() + ['units'] -%}
    cast(final_{{ amount }} as numeric(18, 4)) as {{ amount }},
    {% endfor -%}
    coalesce(currency_code, {{ payor_term('currency_code') }}) as currency_code,

    claim_status,
    denial_code,
    claim_status = 'denied' as is_denied,
    claim_status <> 'denied' or coalesce(service_rendered, false) as is_rendered,
    cast('final' as text) as adjustment_state,
    version_count,

    receipt_id,
    record_no,
    expansion_no
from final_row
