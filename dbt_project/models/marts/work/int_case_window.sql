with

context as (
    select * from {{ source('work', 'run_context') }}
),

opinion as (
    select * from {{ ref('int_case') }}
),

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

longest as (
    select
        case_key,
        max(window_months_deferred) as window_months
    from proposal
    group by case_key
)

select
    opinion.payor_id,
    opinion.case_key,
    opinion.person_key,
    opinion.requested_date,
    opinion.t0,
    coalesce(longest.window_months, {{ months_without_proposal() }}) as window_months,
    {{ add_months(
        add_days(
            add_months('opinion.t0', 'coalesce(longest.window_months, ' ~ months_without_proposal() ~ ')'),
            episode_tail_days()
        ),
        'context.runout_months'
    ) }} as matures_on,
    cast(date_trunc('quarter', opinion.t0) as date) as cohort_quarter,
    {{ quarter_label('opinion.t0') }} as cohort_period
from opinion
left join longest
    on opinion.case_key = longest.case_key
cross join context
