{%- set grains = ['quarter', 'month'] -%}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

opinion as (
    select * from {{ ref('fct_second_opinion') }}
),

member_month as (
    select * from {{ ref('int_member_month') }}
),

-- requests count when they were made, completed cases when they reached the member
activity as (
    select
        opinion.*,
        cast('requests' as text) as measure,
        opinion.requested_date as counted_on
    from opinion
    union all
    select
        opinion.*,
        cast('completed_cases' as text) as measure,
        opinion.delivered_date as counted_on
    from opinion
    where opinion.case_status = 'delivered'
),

counted as (
    select
        activity.measure,
        period.period_grain,
        period.period,
        slice.slice,
        slice.slice_value,
        count(*) as numerator
    from activity
    cross join lateral {{ period_values(grains, 'activity.counted_on') }} as period (period_grain, period)
    cross join lateral {{ slice_values('activity') }} as slice (slice, slice_value)
    group by activity.measure, period.period_grain, period.period, slice.slice, slice.slice_value
),

-- members who could have used the programme
eligible as (
    select
        period.period_grain,
        period.period,
        count(*) as member_months
    from member_month
    cross join context
    cross join lateral {{ period_values(grains, 'member_month.month_start') }} as period (period_grain, period)
    where member_month.month_start >= coalesce(date_trunc('month', context.contract_start), member_month.month_start)
    group by period.period_grain, period.period
),

headline as (
    select
        measure.measure,
        cast('all' as text) as period_grain,
        cast('all' as text) as period,
        cast('total' as text) as slice,
        cast('all' as text) as slice_value
    from (values ('requests'), ('completed_cases')) as measure (measure)
),

-- union: the headline is printed once, also when there is nothing to count
printed as (
    select * from headline
    union
    select
        measure,
        period_grain,
        period,
        slice,
        slice_value
    from counted
),

total as (
    select
        printed.*,
        coalesce(counted.numerator, 0) as numerator
    from printed
    left join counted
        on
            printed.measure = counted.measure
            and printed.period_grain = counted.period_grain
            and printed.period = counted.period
            and printed.slice = counted.slice
            and printed.slice_value = counted.slice_value
),

-- union: every period with members or cases, and the headline
rate_period as (
    select
        period_grain,
        period
    from eligible
    union
    select
        period_grain,
        period
    from printed
    where measure = 'completed_cases'
),

rate as (
    select
        cast('utilisation_per_1000' as text) as measure,
        rate_period.period_grain,
        rate_period.period,
        cast('total' as text) as slice,
        cast('all' as text) as slice_value,
        12000 * coalesce(total.numerator, 0) as numerator,
        coalesce(eligible.member_months, 0) as denominator
    from rate_period
    left join eligible
        on
            rate_period.period_grain = eligible.period_grain
            and rate_period.period = eligible.period
    left join total
        on
            total.measure = 'completed_cases'
            and total.slice = 'total'
            and rate_period.period_grain = total.period_grain
            and rate_period.period = total.period
),

measured as (
    select
        *,
        cast(null as bigint) as denominator
    from total
    union all
    select * from rate
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
    cast(
        case
            when measure = 'utilisation_per_1000' then {{ ratio('cast(numerator as numeric)', 'denominator') }}
            else numerator
        end as numeric(28, 8)
    ) as value,
    cast(null as numeric(28, 8)) as lower,
    cast(null as numeric(28, 8)) as upper,
    cast('' as text) as evidence_grade,
    cast('all' as text) as maturity,
    cast('' as text) as currency_code
from measured
