{%- set has_diagnosis = 'diagnosis.initial_code is not null' -%}
{%- set has_treatment = 'treatment.proposals > 0' -%}
{%- set has_opinion = 'true' -%}
{%- set dropped = "treatment.treatment_class in ('stopped', 'less_invasive')" -%}
{%- set is_changed = "coalesce(diagnosis.final_class = 'changed', false)" -%}
{%- set is_treated_otherwise = 'coalesce(treatment.is_treatment_changed, false)' -%}
{%- set measures = [
    ["'diagnosis_confirmed'", has_diagnosis, "diagnosis.final_class = 'confirmed'"],
    ["'diagnosis_refined'", has_diagnosis, "diagnosis.final_class = 'refined'"],
    ["'diagnosis_changed'", has_diagnosis, "diagnosis.final_class = 'changed'"],
    ["'diagnosis_changed_strict'", has_diagnosis, 'diagnosis.is_strict_change'],
    ["'treatment_same'", has_treatment, "treatment.treatment_class = 'same'"],
    ["'treatment_stopped_or_less_invasive'", has_treatment, dropped],
    ["'treatment_deferred'", has_treatment, "treatment.treatment_class = 'deferred'"],
    ["'treatment_changed_of_all_opinions'", has_opinion, is_treated_otherwise],
    [
        "'diagnosis_and_treatment_changed_of_all_opinions'", has_opinion,
        is_changed ~ ' and ' ~ is_treated_otherwise,
    ],
    [
        "'diagnosis_or_treatment_changed_of_all_opinions'", has_opinion,
        is_changed ~ ' or ' ~ is_treated_otherwise,
    ],
] -%}
with

benchmark as (
    select * from {{ source('reference', 'literature_benchmark') }}
),

opinion as (
    select * from {{ ref('fct_second_opinion') }}
    where case_status = 'delivered'
),

diagnosis as (
    select * from {{ ref('fct_diagnosis_change') }}
),

treatment as (
    select * from {{ ref('fct_treatment_change') }}
),

-- (case, measure, is it one): what of a case can stand beside a published figure
observed as (
    select
        opinion.case_key,
        opinion.initiation,
        opinion.end_user,
        opinion.specialty,
        opinion.condition_group,
        opinion.procedure_family,
        seen.measure,
        seen.is_hit
    from opinion
    left join diagnosis
        on opinion.case_key = diagnosis.case_key
    left join treatment
        on opinion.case_key = treatment.case_key
    cross join lateral {{ value_rows(measures) }} as seen (measure, is_counted, is_hit)
    where seen.is_counted
),

-- only the same initiation and setting; a figure of one specialty, condition or family only with the same one
matched as (
    select
        benchmark.benchmark_id,
        benchmark.measure,
        count(*) as cases,
        count(*) filter (where observed.is_hit) as hits
    from benchmark
    inner join observed
        on
            benchmark.own_measure = observed.measure
            and benchmark.initiation = observed.initiation
            and benchmark.setting = observed.end_user
            and coalesce(benchmark.specialty, '') in ('', observed.specialty)
            and coalesce(benchmark.condition_group, '') in ('', observed.condition_group)
            and coalesce(benchmark.procedure_family, '') in ('', observed.procedure_family)
    group by benchmark.benchmark_id, benchmark.measure
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    benchmark.benchmark_id,
    benchmark.measure,
    benchmark.own_measure,
    benchmark.source,
    benchmark.published_year,
    benchmark.country_code,
    benchmark.setting,
    benchmark.initiation,
    benchmark.specialty,
    benchmark.condition_group,
    benchmark.procedure_family,
    benchmark.status as reading_status,
    benchmark.note,
    cast(benchmark.denominator as numeric(18, 4)) as published_cases,
    benchmark.denominator_unit as published_unit,
    cast(benchmark.value as numeric(28, 8)) as published_value,
    cast(benchmark.lower_value as numeric(28, 8)) as published_lower,
    cast(benchmark.upper_value as numeric(28, 8)) as published_upper,
    matched.cases is not null as is_comparable,
    cast(matched.hits as numeric(18, 4)) as numerator,
    cast(matched.cases as numeric(18, 4)) as denominator,
    cast({{ ratio('cast(matched.hits as numeric)', 'matched.cases') }} as numeric(28, 8)) as value,
    cast({{ wilson_lower('matched.hits', 'matched.cases') }} as numeric(28, 8)) as lower,
    cast({{ wilson_upper('matched.hits', 'matched.cases') }} as numeric(28, 8)) as upper
from benchmark
left join matched
    on
        benchmark.benchmark_id = matched.benchmark_id
        and benchmark.measure = matched.measure
