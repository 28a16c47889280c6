{#- Grows in two ways: touched persons are replaced whole, and when as_of enters a new month the spans that
    reach into it add that month for everybody else. -#}
with

context as (
    select
        as_of,
        member_month_rule,
        cast(date_trunc('month', as_of) as date) as last_month
    from {{ source('work', 'run_context') }}
),

built as (
    {%- if is_incremental() %}
    select coalesce({{ add_months('max(month_start)', 1) }}, date '0001-01-01') as first_new_month
    from {{ this }}
    {%- else %}
    select date '0001-01-01' as first_new_month
    {%- endif %}
),

coverage as (
    select
        *,
        {{ touched('person_key', 'int_work_person', 'person_key') }} as is_touched,
        coalesce(span_end, {{ open_end() }}) as last_day
    from {{ ref('int_coverage_span') }}
),

span as (
    select
        coverage.*,
        context.member_month_rule,
        context.last_month,
        case
            when coverage.is_touched then coverage.span_start
            else greatest(coverage.span_start, built.first_new_month)
        end as first_day
    from coverage
    cross join context
    cross join built
    where
        coverage.is_touched
        or (built.first_new_month <= context.last_month and coverage.last_day >= built.first_new_month)
),

span_month as (
    select
        span.payor_id,
        span.person_key,
        span.member_month_rule,
        span.span_start,
        span.last_day,
        cast(month.month_start as date) as month_start
    from span
    cross join lateral generate_series(
        date_trunc('month', span.first_day),
        least(span.last_day, span.last_month),
        interval '1 month'
    ) as month (month_start)
)

-- distinct: two spans of one person may meet in a month
select distinct
    payor_id,
    person_key,
    month_start
from span_month
where
    member_month_rule = 'any_day'
    or (member_month_rule = 'first_day' and span_start <= month_start)
    or (member_month_rule = 'day_15' and month_start + 14 between span_start and last_day)
    or (
        member_month_rule = 'full_month'
        and span_start <= month_start
        and last_day >= {{ add_months('month_start', 1) }} - 1
    )
