{%- set classes = [
    'same', 'modified', 'less_invasive', 'more_invasive', 'added', 'stopped', 'deferred', 'undetermined',
] -%}
{%- set labels = {'period_grain': 'all', 'period': 'all', 'slice': 'total', 'slice_value': 'all', 'maturity': 'all'} -%}
with

opinion as (
    select * from {{ ref('fct_second_opinion') }}
    where case_status = 'delivered'
),

treatment as (
    select * from {{ ref('fct_treatment_change') }}
    -- the denominator: a procedure was proposed or added
    where treatment_class <> 'not_applicable'
),

diagnosis as (
    select * from {{ ref('fct_diagnosis_change') }}
),

case_cell as (
    select
        cell.*,
        opinion.maturity,
        treatment.treatment_class,
        treatment.is_treatment_changed,
        treatment.is_treatment_changed and coalesce(diagnosis.final_class = 'changed', false) as is_both_changed
    from treatment
    inner join opinion
        on treatment.case_key = opinion.case_key
    left join diagnosis
        on
            treatment.case_key = diagnosis.case_key
            and treatment.opinion_pair = diagnosis.opinion_pair
    cross join {{ case_cells('opinion', 'delivered_date', by_initiation=true) }}
),

counted as (
    select
        period_grain,
        period,
        slice,
        slice_value,
        case when period_grain = 'all' then 'all' else min(maturity) end as maturity,
        count(*) as cases,
        {%- for class in classes %}
        count(*) filter (where treatment_class = '{{ class }}') as {{ class }},
        {%- endfor %}
        count(*) filter (where is_treatment_changed) as changed,
        count(*) filter (where is_both_changed) as both_changed
    from case_cell
    group by period_grain, period, slice, slice_value
),

complete as (
    select * from counted
    union all
    {{ headline_if_empty('counted', labels, ['cases'] + classes + ['changed', 'both_changed']) }}
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    measured.measure,
    complete.period_grain,
    complete.period,
    complete.slice,
    complete.slice_value,
    cast(measured.numerator as numeric(18, 4)) as numerator,
    cast(complete.cases as numeric(18, 4)) as denominator,
    cast({{ ratio('cast(measured.numerator as numeric)', 'complete.cases') }} as numeric(28, 8)) as value,
    cast({{ wilson_lower('measured.numerator', 'complete.cases') }} as numeric(28, 8)) as lower,
    cast({{ wilson_upper('measured.numerator', 'complete.cases') }} as numeric(28, 8)) as upper,
    cast('' as text) as evidence_grade,
    complete.maturity,
    cast('' as text) as currency_code
from complete
cross join lateral (
    values
    {%- for class in classes %}
    ('treatment_{{ class }}', complete.{{ class }}),
    {%- endfor %}
    ('treatment_changed', complete.changed),
    ('diagnosis_and_treatment_changed', complete.both_changed)
) as measured (measure, numerator)
