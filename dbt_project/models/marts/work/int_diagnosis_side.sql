with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

primary_diagnosis as (
    select * from {{ ref('int_case_diagnosis') }}
    where diagnosis_rank = 1
),

written as (
    select * from {{ ref('int_diagnosis_code') }}
),

code_system as (
    select * from {{ source('reference', 'code_system') }}
),

code as (
    select * from {{ source('reference', 'diagnosis_code') }}
),

whole_list as (
    select * from {{ source('reference', 'release') }}
    where is_complete
),

-- days of diagnoses that a complete list covers; few systems and days, many cases
covered_day as (
    select distinct
        primary_diagnosis.code_system,
        primary_diagnosis.diagnosis_date
    from primary_diagnosis
    inner join whole_list
        on
            primary_diagnosis.code_system = whole_list.kind
            and primary_diagnosis.diagnosis_date >= whole_list.valid_from
            and primary_diagnosis.diagnosis_date <= coalesce(whole_list.valid_to, primary_diagnosis.diagnosis_date)
)

select
    primary_diagnosis.case_key,
    primary_diagnosis.opinion,
    primary_diagnosis.code_system,
    code_system.family as code_family,
    primary_diagnosis.diagnosis_date,
    primary_diagnosis.diagnosis_code,
    written.code,
    written.category,
    case
        when code.is_header and primary_diagnosis.code_system = 'icd-10-cm' then 'invalid_code'
        when code.code is not null then null
        when covered_day.code_system is not null then 'invalid_code'
        else 'release_missing'
    end as code_problem,
    code.concept_code,
    coalesce(written.written_side, code.laterality) as laterality,
    written.certainty,
    written.is_suspected,
    code.is_symptom,
    code.is_unspecified,
    code.chapter,
    {{ behaviour_kind('code') }} as behaviour_kind,
    code_system.has_ccsr,
    written.is_in_ccsr,
    written.ccsr_category,
    written.body_system,
    written.is_site_bound,
    written.body_site,
    written.indication_prefix,
    code.condition_group
from primary_diagnosis
inner join touched_case
    on primary_diagnosis.case_key = touched_case.case_key
inner join written
    on
        primary_diagnosis.code_system = written.code_system
        and primary_diagnosis.diagnosis_code = written.diagnosis_code
left join code_system
    on primary_diagnosis.code_system = code_system.code_system
left join code
    on
        written.code_system = code.code_system
        and written.code = code.code
        and primary_diagnosis.diagnosis_date >= code.valid_from
        and primary_diagnosis.diagnosis_date <= coalesce(code.valid_to, primary_diagnosis.diagnosis_date)
left join covered_day
    on
        primary_diagnosis.code_system = covered_day.code_system
        and primary_diagnosis.diagnosis_date = covered_day.diagnosis_date
-- a disease that the first doctor had excluded is no diagnosis
where not (primary_diagnosis.opinion = 'initial' and coalesce(written.certainty = 'excluded', false))
