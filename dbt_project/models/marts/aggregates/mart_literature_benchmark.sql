{%- set has_diagnosis = 'diagnosis.initial_code is not null' -%}
{%- set has_treatment = 'treatment.proposals > 0' -%}
{%- set not_confirmed = "treatment.treatment_class in ('stopped', 'less_invasive')" -%}
{%- set measures = [
    ["'diagnosis_confirmed'", has_diagnosis, "diagnosis.final_class = 'confirmed'"],
    ["'diagnosis_refined'", has_diagnosis, "diagnosis.final_class = 'refined'"],
    ["'diagnosis_changed'", has_diagnosis, "diagnosis.final_class = 'changed'"],
    ["'diagnosis_changed_strict'", has_diagnosis, 'diagnosis.is_strict_change'],
    ["'treatment_same'", has_treatment, "treatment.treatment_class = 'same'"],
    ["'treatment_changed'", has_treatment, 'treatment.is_treatment_changed'],
    ["'treatment_less_invasive'", has_treatment, not_confirmed],
    ["'treatment_not_confirmed'", has_treatment, not_confirmed],
    ["'treatment_deferred'", has_treatment, "treatment.treatment_class = 'deferred'"],
    [
        "'diagnosis_and_treatment_changed'", has_treatment,
        "treatment.is_treatment_changed and coalesce(diagnosis.final_class = 'changed', false)",
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

-- only the same initiation and setting; a figure of one specialty only with that specialty
matched as (
    select
        benchmark.benchmark_id,
        benchmark.measure,
        count(*) as cases,
        count(*) filter (where observed.is_hit) as hits
    from benchmark
    inner join observed
        on
            benchmark.measure = observed.measure
            and benchmark.initiation = observed.initiation
            and benchmark.setting = observed.end_user
            and coalesce(benchmark.specialty, '') in ('', observed.specialty)
    group by benchmark.benchmark_id, benchmark.measure
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    benchmark.benchmark_id,
    benchmark.measure,
    benchmark.source,
    benchmark.published_year,
    benchmark.country_code,
    benchmark.setting,
    benchmark.initiation,
    benchmark.specialty,
    benchmark.status as reading_status,
    benchmark.note,
    cast(benchmark.denominator as numeric(18, 4)) as published_cases,
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
