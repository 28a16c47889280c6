{%- set stages = {
    'request_to_records': ('requested_date', 'records_complete_date'),
    'records_to_assignment': ('records_complete_date', 'assigned_date'),
    'assignment_to_delivery': ('assigned_date', 't0'),
    'records_to_delivery': ('records_complete_date', 't0'),
    'request_to_delivery': ('requested_date', 't0'),
} -%}
{%- set shares = [] -%}
{%- for step in ['records_complete', 'assigned', 'delivered', 'acknowledged', 'cancelled'] -%}
{%- do shares.append(["'funnel_" ~ step ~ "'", 'funnel.' ~ step, 'funnel.requests']) -%}
{%- endfor -%}
{%- do shares.append(["'reviewer_blinded'", 'funnel.blinded', 'funnel.blinding_known']) -%}
{%- do shares.append(["'reviewer_blinding_known'", 'funnel.blinding_known', 'funnel.delivered']) -%}
{%- set passed = [] -%}
{%- for stage, (first, last) in stages.items() -%}
{%- set first, last = 'case_cell.' ~ first, 'case_cell.' ~ last -%}
{%- do passed.append(["'" ~ stage ~ "'", last ~ ' - ' ~ first, business_days(first, last)]) -%}
{%- endfor -%}
{%- set days = [] -%}
{%- for unit in ['calendar_days', 'business_days'] -%}
{%- for name in ['median', 'p90'] -%}
{%- do days.append(["'" ~ unit ~ '_' ~ name ~ "'", 'turnaround.' ~ unit ~ '_' ~ name]) -%}
{%- endfor -%}
{%- endfor -%}
with

opinion as (
    select * from {{ ref('fct_second_opinion') }}
),

dated as (
    select * from {{ ref('int_case') }}
),

case_cell as (
    select
        cell.*,
        opinion.case_status,
        dated.requested_date,
        dated.records_complete_date,
        dated.assigned_date,
        dated.t0,
        dated.acknowledged_date,
        dated.reviewer_blinded
    from opinion
    inner join dated
        on opinion.case_key = dated.case_key
    cross join {{ case_cells('opinion', 'requested_date', by_initiation=true) }}
),

-- how far requests came
funnel as (
    select
        period_grain,
        period,
        slice,
        slice_value,
        count(*) as requests,
        count(*) filter (where records_complete_date is not null) as records_complete,
        count(*) filter (where assigned_date is not null) as assigned,
        count(*) filter (where case_status = 'delivered') as delivered,
        count(*) filter (where acknowledged_date is not null) as acknowledged,
        count(*) filter (where case_status = 'cancelled') as cancelled,
        count(*) filter (where case_status = 'delivered' and reviewer_blinded = 'yes') as blinded,
        count(*) filter (where case_status = 'delivered' and reviewer_blinded in ('yes', 'no')) as blinding_known
    from case_cell
    group by period_grain, period, slice, slice_value
),

share as (
    select
        measured.measure,
        funnel.period_grain,
        funnel.period,
        funnel.slice,
        funnel.slice_value,
        measured.numerator,
        measured.denominator,
        {{ ratio('cast(measured.numerator as numeric)', 'measured.denominator') }} as value,
        {{ wilson_lower('measured.numerator', 'measured.denominator') }} as lower,
        {{ wilson_upper('measured.numerator', 'measured.denominator') }} as upper
    from funnel
    cross join lateral {{ value_rows(shares) }} as measured (measure, numerator, denominator)
),

-- days of a stage that a delivered case went through, in the order of the calendar
stage as (
    select
        case_cell.period_grain,
        case_cell.period,
        case_cell.slice,
        case_cell.slice_value,
        passed.stage,
        passed.calendar_days,
        passed.business_days
    from case_cell
    cross join lateral {{ value_rows(passed) }} as passed (stage, calendar_days, business_days)
    where
        case_cell.case_status = 'delivered'
        and passed.calendar_days >= 0
),

turnaround as (
    select
        period_grain,
        period,
        slice,
        slice_value,
        stage,
        count(*) as cases,
        percentile_cont(0.5) within group (order by calendar_days) as calendar_days_median,
        percentile_cont(0.9) within group (order by calendar_days) as calendar_days_p90,
        percentile_cont(0.5) within group (order by business_days) as business_days_median,
        percentile_cont(0.9) within group (order by business_days) as business_days_p90
    from stage
    group by period_grain, period, slice, slice_value, stage
),

printed as (
    select * from share
    union all
    select
        turnaround.stage || '_' || measured.measure as measure,
        turnaround.period_grain,
        turnaround.period,
        turnaround.slice,
        turnaround.slice_value,
        turnaround.cases as numerator,
        null as denominator,
        measured.days as value,
        null as lower,
        null as upper
    from turnaround
    cross join lateral {{ value_rows(days) }} as measured (measure, days)
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    measure,
    period_grain,
    period,
    slice,
    slice_value,
    cast(numerator as numeric(18, 4)) as numerator,
    cast(denominator as numeric(18, 4)) as denominator,
    cast(value as numeric(28, 8)) as value,
    cast(lower as numeric(28, 8)) as lower,
    cast(upper as numeric(28, 8)) as upper
from printed
