with

context as (
    select * from {{ source('work', 'run_context') }}
),

resolved as (
    select * from {{ ref('int_claim_resolved') }}
    where
        exclusion_reason is null
        and {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

claim_row as (
    select * from {{ ref('stg_medical_claim') }}
),

denial as (
    select * from {{ source('reference', 'denial_code') }}
),

final_line as (
    select
        claim_row.payor_id,
        resolved.claim_line_key,
        resolved.claim_family_key,
        claim_row.claim_id,
        resolved.claim_line_number,
        claim_row.person_key,
        claim_row.claim_type,

        claim_row.service_date,
        claim_row.admission_date,
        claim_row.discharge_date,
        claim_row.paid_date,

        claim_row.place_of_service_code,
        claim_row.bill_type_code,
        claim_row.drg_code_type,
        claim_row.drg_code,
        claim_row.service_code,
        case when claim_row.service_code is not null then context.service_code_system end as service_code_system,
        claim_row.modifier_1,
        claim_row.modifier_2,
        {{ modifier_laterality('claim_row') }} as modifier_laterality,
        claim_row.diagnosis_code_type,
        claim_row.diagnosis_code_1,
        claim_row.diagnosis_code_2,
        claim_row.diagnosis_code_3,
        case
            when {{ any_procedure_code('claim_row') }} then coalesce(claim_row.procedure_code_type, 'unspecified')
        end as procedure_code_system,

        resolved.paid_amount,
        resolved.allowed_amount,
        resolved.charge_amount,
        cast(case
            -- the claim's charge repeats on every line of an institutional claim: count the first line's
            when
                context.charge_level = 'header_institutional'
                and claim_row.claim_type = 'institutional'
                and resolved.claim_line_number > min(resolved.claim_line_number) over (
                    partition by resolved.claim_family_key
                )
                then null
            else resolved.charge_amount
        end as numeric(18, 4)) as charge_amount_once,
        resolved.units,
        coalesce(claim_row.currency_code, context.currency_code) as currency_code,

        claim_row.claim_status,
        claim_row.denial_code,
        claim_row.claim_status = 'denied' as is_denied,
        claim_row.claim_status <> 'denied' or coalesce(denial.service_rendered, false) as is_rendered,
        cast('final' as text) as adjustment_state,
        resolved.version_count,

        resolved.receipt_id,
        resolved.record_no,
        resolved.expansion_no
    from resolved
    inner join claim_row
        on
            resolved.receipt_id = claim_row.receipt_id
            and resolved.record_no = claim_row.record_no
            and resolved.expansion_no = claim_row.expansion_no
    left join denial
        on claim_row.denial_code = denial.code
    cross join context
)

select * from final_line
