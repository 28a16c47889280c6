{#- A view: the estimation of cumulative incidence reads it, once a month. What happened after the opinion, whatever
    its status is called. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

opinion as (
    select * from {{ ref('int_case') }}
    where is_delivered and t0 is not null and person_key is not null
),

proposal as (
    select * from {{ ref('int_case_procedure') }}
    where is_proposed
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

coverage as (
    select * from {{ ref('int_coverage_span') }}
),

person as (
    select * from {{ ref('int_person') }}
),

event as (
    select * from {{ ref('int_procedure_event') }}
),

-- the last covered day of the spell that holds the opinion; null while it goes on
covered as (
    select
        opinion.case_key,
        case when not bool_or(coverage.continuous_end is null) then max(coverage.continuous_end) end as covered_to
    from opinion
    inner join coverage
        on
            opinion.person_key = coverage.person_key
            and opinion.t0 between coverage.continuous_start
            and coalesce(coverage.continuous_end, {{ open_end() }})
    group by opinion.case_key
),

windowed as (
    select
        opinion.payor_id,
        opinion.case_key,
        opinion.person_key,
        opinion.t0,
        proposal.proposal_no,
        proposal.procedure_family as family_id,
        proposal.so_position,
        proposal.laterality,
        proposal.recommended_date,
        covered.covered_to,
        family.window_months
        + case when proposal.so_position = 'defer' then {{ extra_months_if_deferred() }} else 0 end as window_months
    from opinion
    inner join proposal
        on opinion.case_key = proposal.case_key
    inner join family
        on proposal.procedure_family = family.family_id
    inner join covered
        on opinion.case_key = covered.case_key
),

seen as (
    select
        windowed.case_key,
        windowed.proposal_no,
        min(event.event_date) filter (where event.event_date >= windowed.t0) as operated_on,
        coalesce(
            bool_or(event.event_date >= windowed.recommended_date and event.event_date < windowed.t0), false
        ) as is_before
    from windowed
    inner join event
        on
            windowed.person_key = event.person_key
            and windowed.family_id = event.family_id
            and {{ is_compatible_side('windowed.laterality', 'event.laterality') }}
    group by windowed.case_key, windowed.proposal_no
)

select
    windowed.payor_id,
    windowed.case_key,
    windowed.proposal_no,
    windowed.family_id,
    windowed.so_position,
    windowed.person_key,
    windowed.t0,
    windowed.window_months,
    {{ add_months('windowed.t0', 'windowed.window_months') }} as window_end,
    seen.operated_on,
    case when person.death_date <= context.as_of then person.death_date end as died_on,
    case
        when windowed.covered_to < context.as_of - {{ allowed_gap_days() }} then windowed.covered_to
    end as left_on,
    {{ matures_on(add_months('windowed.t0', 'windowed.window_months'), 'context.runout_months') }}
    <= context.as_of as is_mature
from windowed
cross join context
left join person
    on windowed.person_key = person.person_key
left join seen
    on
        windowed.case_key = seen.case_key
        and windowed.proposal_no = seen.proposal_no
where not coalesce(seen.is_before, false)
