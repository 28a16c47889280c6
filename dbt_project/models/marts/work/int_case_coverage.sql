with

context as (
    select * from {{ source('work', 'run_context') }}
),

touched_case as (
    select * from {{ ref('int_touched_case') }}
),

span as (
    select * from {{ ref('int_coverage_span') }}
),

person as (
    select * from {{ ref('int_person') }}
),

consent as (
    select * from {{ ref('int_consent') }}
),

-- continuous coverage around the opinion; gaps up to the tolerated length are inside it
covered as (
    select
        touched_case.case_key,
        min(span.continuous_start) as covered_from,
        bool_or(span.continuous_end is null) as is_open,
        max(span.continuous_end) as covered_to
    from touched_case
    inner join span
        on
            touched_case.person_key = span.person_key
            and touched_case.t0 >= span.continuous_start
            and touched_case.t0 <= coalesce(span.continuous_end, touched_case.t0)
    group by touched_case.case_key
),

dated as (
    select
        touched_case.case_key,
        touched_case.person_key is not null as is_matched,
        covered.case_key is not null as is_covered_at_opinion,
        coalesce(
            covered.covered_from <= {{ add_months('touched_case.t0', '-' ~ baseline_months()) }}, false
        ) as has_baseline,
        case when not covered.is_open then covered.covered_to end as covered_to,
        person.death_date,
        consent.withdrawn_on
    from touched_case
    left join covered
        on touched_case.case_key = covered.case_key
    left join person
        on touched_case.person_key = person.person_key
    left join consent
        on touched_case.person_key = consent.person_key
)

select
    dated.case_key,
    dated.is_matched,
    dated.is_covered_at_opinion,
    dated.has_baseline,
    dated.covered_to,
    -- the first day on which the end counts as a departure
    {{ add_days('dated.covered_to', allowed_gap_days() | int + 1) }} as recognised_on,
    case when dated.covered_to < context.as_of - {{ allowed_gap_days() }} then dated.covered_to end as left_on,
    dated.death_date,
    case when dated.death_date <= context.as_of then dated.death_date end as died_on,
    dated.withdrawn_on,
    coalesce(dated.withdrawn_on <= context.as_of, false) as is_withdrawn
from dated
cross join context
