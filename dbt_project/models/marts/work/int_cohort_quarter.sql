with

context as (
    select * from {{ source('work', 'run_context') }}
),

case_window as (
    select * from {{ ref('int_case_window') }}
),

earliest as (
    select
        least(
            min(context.contract_start),
            min(case_window.requested_date),
            min(case_window.t0),
            min(context.as_of)
        ) as first_day
    from context
    left join case_window
        on true
),

calendar as (
    select
        cast(quarter_start as date) as cohort_quarter,
        {{ add_days(add_months('quarter_start', 3), -1) }} as quarter_end
    from context
    cross join earliest
    cross join lateral generate_series(
        date_trunc('quarter', earliest.first_day),
        date_trunc('quarter', context.as_of),
        interval '3 months'
    ) as quarter_start
),

delivered as (
    select
        cohort_quarter,
        count(*) as delivered_cases,
        max(matures_on) as last_matures_on
    from case_window
    where t0 is not null
    group by cohort_quarter
),

closing as (
    select
        calendar.cohort_quarter,
        calendar.quarter_end,
        coalesce(delivered.delivered_cases, 0) as delivered_cases,
        -- greatest ignores nulls: a quarter without cases must not close with its last day
        case
            when delivered.last_matures_on is not null
                then greatest(calendar.quarter_end, delivered.last_matures_on)
            else {{ add_months(
                add_days(
                    add_months('calendar.quarter_end', months_without_proposal()), episode_tail_days()
                ),
                'context.runout_months'
            ) }}
        end as closes_on
    from calendar
    left join delivered
        on calendar.cohort_quarter = delivered.cohort_quarter
    cross join context
)

select
    closing.cohort_quarter,
    {{ quarter_label('closing.cohort_quarter') }} as cohort_period,
    closing.quarter_end,
    closing.delivered_cases,
    closing.closes_on,
    closing.closes_on <= context.as_of as is_closed,
    case when closing.closes_on <= context.as_of then 'closed' else 'open' end as maturity
from closing
cross join context
