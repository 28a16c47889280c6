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

case_cell as (
    select
        cell.*,
        opinion.maturity,
        change.final_class
    from change
    inner join opinion
        on change.case_key = opinion.case_key
    cross join lateral (
        select
            period.*,
            slice.*
        from {{ period_values(['quarter'], 'opinion.delivered_date') }} as period (period_grain, period)
        cross join {{ slice_values('opinion') }} as slice (slice, slice_value)
    ) as cell
),

counted as (
    select
        period_grain,
        period,
        slice,
        slice_value,
        case when period_grain = 'all' then 'all' else min(maturity) end as maturity,
        count(*) as cases,
        count(*) filter (where final_class = 'confirmed') as confirmed,
        count(*) filter (where final_class = 'refined') as refined,
        count(*) filter (where final_class = 'changed') as changed,
        count(*) filter (where final_class = 'undetermined') as undetermined
    from case_cell
    group by period_grain, period, slice, slice_value
),

-- the headline is printed even when there is nothing to count
complete as (
    select * from counted
    union all
    {{ headline_if_empty(
        'counted',
        {'period_grain': 'all', 'period': 'all', 'slice': 'total', 'slice_value': 'all', 'maturity': 'all'},
        ['cases', 'confirmed', 'refined', 'changed', 'undetermined']
    ) }}
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
    ('diagnosis_confirmed', complete.confirmed),
    ('diagnosis_refined', complete.refined),
    ('diagnosis_changed', complete.changed),
    ('diagnosis_undetermined', complete.undetermined)
) as measured (measure, numerator)
