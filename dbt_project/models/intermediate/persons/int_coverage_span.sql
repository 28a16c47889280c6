{#- Days before the next span that are not covered decide both merges: 0 for exact spans, up to the allowed
    gap for continuous ones. -#}
with

{{ current_enrollment() }},

-- an enrolment that ends before it starts never was
bounded as (
    select
        payor_id,
        person_key,
        enrollment_start_date as span_start,
        least(coalesce(enrollment_end_date, {{ open_end() }}), {{ open_end() }}) as span_end
    from current_enrollment
    where enrollment_start_date <= coalesce(enrollment_end_date, {{ open_end() }})
),

chained as (
    select
        *,
        max(span_end) over (
            partition by person_key
            order by span_start, span_end
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from bounded
),

islands as (
    select
        *,
        sum(case when span_start <= covered_until + 1 then 0 else 1 end) over (
            partition by person_key
            order by span_start, span_end
            rows between unbounded preceding and current row
        ) as span_no,
        sum(case when span_start - covered_until - 1 <= {{ allowed_gap_days() }} then 0 else 1 end) over (
            partition by person_key
            order by span_start, span_end
            rows between unbounded preceding and current row
        ) as continuous_no
    from chained
),

merged as (
    select
        payor_id,
        person_key,
        span_no,
        continuous_no,
        min(span_start) as span_start,
        max(span_end) as span_end
    from islands
    group by payor_id, person_key, span_no, continuous_no
),

continuous as (
    select
        *,
        min(span_start) over (partition by person_key, continuous_no) as continuous_start,
        max(span_end) over (partition by person_key, continuous_no) as continuous_end
    from merged
)

select
    payor_id,
    person_key,
    cast(span_no as integer) as span_no,
    span_start,
    nullif(span_end, {{ open_end() }}) as span_end,
    continuous_start,
    nullif(continuous_end, {{ open_end() }}) as continuous_end
from continuous
