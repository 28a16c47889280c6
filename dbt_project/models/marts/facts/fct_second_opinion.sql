with

context as (
    select * from {{ ref('int_fact_context') }}
),

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
),

opinion as (
    select * from {{ ref('int_case') }}
),

index_case as (
    select * from {{ ref('int_case_index') }}
),

diagnosis as (
    select * from {{ ref('int_diagnosis_relation') }}
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

country as (
    select * from {{ source('reference', 'country') }}
),

person as (
    select
        *,
        cast(person_key as text) as person_text
    from {{ ref('int_person') }}
),

described as (
    select
        opinion.*,
        touched_case.cohort_period,
        touched_case.matures_on,
        touched_case.maturity,
        index_case.procedure_family,
        coalesce(diagnosis.initial_condition_group, diagnosis.final_condition_group, family.condition_group)
            as condition_group,
        coalesce(country.country_code, context.country_code) as home_country_code,
        coalesce(country.region, context.region) as region,
        person.person_text,
        person.line_of_business,
        person.group_id,
        person.sex,
        cast(
            extract(year from age(coalesce(opinion.t0, opinion.requested_date), person.birth_date)) as integer
        ) as age_years
    from touched_case
    inner join opinion
        on touched_case.case_key = opinion.case_key
    inner join index_case
        on touched_case.case_key = index_case.case_key
    left join diagnosis
        on touched_case.case_key = diagnosis.case_key
    left join family
        on index_case.procedure_family = family.family_id
    left join country
        on opinion.country_code = country.country_code
    left join person
        on opinion.person_key = person.person_key
    cross join context
)

select
    payor_id,
    case_key,
    consultation_id,
    person_text as person_key,
    vendor_id,
    contract_id,
    requested_date,
    t0 as delivered_date,
    case_status,
    delivery_mode,
    delivery_submode,
    service_type,
    end_user,
    initiation,
    specialty,
    coalesce(condition_group, 'unknown') as condition_group,
    procedure_family,
    home_country_code as country_code,
    region,
    coalesce(line_of_business, 'unknown') as line_of_business,
    coalesce(group_id, 'unknown') as employer_group,
    {{ age_band('age_years') }} as age_band,
    coalesce(sex, 'unknown') as sex,
    coalesce(ai_assisted, 'unknown') as ai_assisted,
    cast(reviewer_count as integer) as reviewer_count,
    cast(t0 - requested_date as integer) as turnaround_days,
    cast(fee_amount as numeric(18, 4)) as fee_amount,
    currency_code,
    cohort_period,
    is_matched_member,
    matures_on,
    maturity
from described
