{#- Of procedures that were surely intended, how many do claims show? Comparators with an approved request, and cases
    whose opinion agreed, each followed through its window and a run-out. The family's own window: a longer one rests
    on the basis, which is estimated later. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

opinion as (
    select * from {{ ref('int_case') }}
),

proposal as (
    select * from {{ ref('int_case_procedure') }}
),

request as (
    select * from {{ ref('int_authorization') }}
),

event as (
    select * from {{ ref('int_procedure_event') }}
),

coverage as (
    select * from {{ ref('int_coverage_span') }}
),

comparator as (
    select
        request.family_id,
        request.person_key,
        min(request.requested_date) as intended_on
    from request
    where
        request.is_approved
        and not exists (
            select 1
            from opinion
            where opinion.person_key = request.person_key
        )
    group by request.family_id, request.person_key
),

intended as (
    select
        family_id,
        person_key,
        intended_on,
        intended_on as window_start
    from comparator
    union all
    select
        proposal.procedure_family,
        opinion.person_key,
        proposal.recommended_date,
        opinion.t0
    from proposal
    inner join opinion
        on proposal.case_key = opinion.case_key
    where
        proposal.is_proposed
        and proposal.so_position = 'agreed'
        and proposal.intent_evidence in ('E1', 'E2')
        and opinion.t0 is not null
        and opinion.person_key is not null
),

windowed as (
    select
        intended.*,
        {{ add_months('intended.window_start', 'family.window_months') }} as window_end
    from intended
    inner join family
        on intended.family_id = family.family_id
),

followed as (
    select windowed.*
    from windowed
    cross join context
    where
        {{ matures_on('windowed.window_end', 'context.runout_months') }} <= context.as_of
        and exists (
            select 1
            from coverage
            where
                coverage.person_key = windowed.person_key
                and coverage.continuous_start <= windowed.window_start
                and coalesce(coverage.continuous_end, {{ open_end() }}) >= windowed.window_end
        )
)

select
    followed.family_id,
    cast(count(*) as integer) as intended_cases,
    cast(count(*) filter (
        where exists (
            select 1
            from event
            where
                event.person_key = followed.person_key
                and event.family_id = followed.family_id
                and event.event_date between followed.intended_on and followed.window_end
        )
    ) as integer) as shown_cases
from followed
group by followed.family_id
