{%- set classes = ['confirmed', 'refined', 'changed', 'undetermined'] -%}
{%- set labels = {'period_grain': 'all', 'period': 'all', 'slice': 'total', 'slice_value': 'all', 'maturity': 'all'} -%}
{%- set counts = classes + ['changed_strict'] -%}
{%- set measures = [] -%}
{%- for count in counts -%}
{%- do measures.append(["'diagnosis_" ~ count ~ "'", 'flagged.' ~ count]) -%}
{%- endfor -%}
{%- for class in classes -%}
{%- do counts.append('harmonised_' ~ class) -%}
{%- do measures.append(["'harmonised_" ~ class ~ "'", 'flagged.harmonised_' ~ class]) -%}
{%- endfor -%}
with

opinion as (
    select * from {{ ref('fct_second_opinion') }}
    where case_status = 'delivered'
),

change as (
    select * from {{ ref('fct_diagnosis_change') }}
    -- the denominator: an initial diagnosis is on record
    where initial_code is not null
),

agreement as (
    select * from {{ source('work', 'agreement') }}
),

case_cell as (
    select
        cell.*,
        opinion.maturity,
        change.final_class,
        change.class_harmonised,
        change.is_strict_change
    from change
    inner join opinion
        on change.case_key = opinion.case_key
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
        count(*) filter (where final_class = '{{ class }}') as {{ class }},
        count(*) filter (where class_harmonised = '{{ class }}') as harmonised_{{ class }},
        {%- endfor %}
        count(*) filter (where is_strict_change) as changed_strict
    from case_cell
    group by period_grain, period, slice, slice_value
),

-- the headline is printed even when there is nothing to count
complete as (
    select
        {{ labels | join(',\n        ') }},
        cases,
        {{ counts | join(',\n        ') }}
    from counted
    union all
    {{ headline_if_empty('counted', labels, ['cases'] + counts) }}
),

flagged as (
    select
        *,
        {{ low_reliability('agreement', 'complete.period') }} as is_low_reliability,
        {{ reliability_unmeasured('agreement', 'complete.period') }} as is_reliability_unmeasured
    from complete
),

rate as (
    select
        measured.measure,
        flagged.period_grain,
        flagged.period,
        flagged.slice,
        flagged.slice_value,
        measured.numerator,
        flagged.cases,
        {{ ratio('cast(measured.numerator as numeric)', 'flagged.cases') }} as value,
        {{ wilson_lower('measured.numerator', 'flagged.cases') }} as lower,
        {{ wilson_upper('measured.numerator', 'flagged.cases') }} as upper,
        flagged.maturity,
        flagged.is_low_reliability,
        flagged.is_reliability_unmeasured
    from flagged
    cross join lateral {{ value_rows(measures) }} as measured (measure, numerator)
    union all
    -- how far two readers agreed; the numerator is the number of pairs read twice
    select
        'agreement_' || agreement.measure as measure,
        agreement.period_grain,
        {{ agreement_period('agreement') }} as period,
        'total' as slice,
        'all' as slice_value,
        agreement.n as numerator,
        null as cases,
        agreement.value,
        agreement.lower,
        agreement.upper,
        'all' as maturity,
        agreement.is_low_reliability,
        not agreement.is_enough as is_reliability_unmeasured
    from agreement
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    measure,
    period_grain,
    period,
    slice,
    slice_value,
    cast(numerator as numeric(18, 4)) as numerator,
    cast(cases as numeric(18, 4)) as denominator,
    cast(value as numeric(28, 8)) as value,
    cast(lower as numeric(28, 8)) as lower,
    cast(upper as numeric(28, 8)) as upper,
    cast('' as text) as evidence_grade,
    maturity,
    cast('' as text) as currency_code,
    is_low_reliability,
    is_reliability_unmeasured
from rate
