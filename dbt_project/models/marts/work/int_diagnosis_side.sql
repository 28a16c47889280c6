with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

diagnosis as (
    select * from {{ ref('int_case_diagnosis') }}
),

code as (
    select * from {{ source('reference', 'diagnosis_code') }}
),

ranked as (
    select
        diagnosis.case_key,
        diagnosis.opinion,
        diagnosis.diagnosis_rank,
        diagnosis.diagnosis_code,
        diagnosis.code_system,
        diagnosis.diagnosis_date,
        row_number() over (
            partition by diagnosis.case_key, diagnosis.opinion
            order by diagnosis.diagnosis_rank, diagnosis.diagnosis_code, diagnosis.code_system
        ) as place
    from diagnosis
    inner join touched_case
        on diagnosis.case_key = touched_case.case_key
),

primary_side as (
    select * from ranked
    where place = 1 and diagnosis_rank = 1
),

-- the reference row in force on the code's own date
dated_code as (
    select
        primary_side.case_key,
        primary_side.opinion,
        code.category,
        code.concept_code,
        code.is_symptom,
        code.is_unspecified,
        code.condition_group,
        row_number() over (
            partition by primary_side.case_key, primary_side.opinion
            order by code.valid_from desc nulls last
        ) as place
    from primary_side
    inner join code
        on
            primary_side.code_system = code.code_system
            and primary_side.diagnosis_code = code.code
            and primary_side.diagnosis_date >= coalesce(code.valid_from, primary_side.diagnosis_date)
            and primary_side.diagnosis_date <= coalesce(code.valid_to, primary_side.diagnosis_date)
)

select
    primary_side.case_key,
    primary_side.opinion,
    primary_side.diagnosis_code,
    primary_side.code_system,
    primary_side.diagnosis_date,
    dated_code.case_key is not null as is_valid_code,
    dated_code.category,
    dated_code.concept_code,
    dated_code.is_symptom,
    dated_code.is_unspecified,
    dated_code.condition_group
from primary_side
left join dated_code
    on
        primary_side.case_key = dated_code.case_key
        and primary_side.opinion = dated_code.opinion
        and dated_code.place = 1
