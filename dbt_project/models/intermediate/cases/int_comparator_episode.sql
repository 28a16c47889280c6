{#- A view: only the estimation of a new basis reads it, once a month. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

claim_line as (
    select * from {{ ref('int_claim_line') }}
),

procedure_event as (
    select * from {{ ref('int_procedure_event') }}
),

coverage as (
    select * from {{ ref('int_coverage_span') }}
),

consulted as (
    select * from {{ ref('int_case') }}
),

{{ related_prefix() }},

-- persons who never had a consultation, requested or not
comparator_line as (
    select claim_line.*
    from claim_line
    where
        claim_line.person_key is not null
        and not exists (
            select 1
            from consulted
            where consulted.person_key = claim_line.person_key
        )
),

{{ related_code('comparator_line') }},

related_line as (
    select
        related_code.family_id,
        comparator_line.person_key,
        comparator_line.claim_line_key,
        comparator_line.service_date
    from comparator_line
    inner join related_code
        on comparator_line.diagnosis_code_1 = related_code.diagnosis_code_1
),

first_service as (
    select
        family_id,
        person_key,
        min(service_date) as trigger_date
    from related_line
    where service_date is not null
    group by family_id, person_key
),

windowed as (
    select
        first_service.*,
        {{ add_months('first_service.trigger_date', 'family.window_months') }} as window_end
    from first_service
    inner join family
        on first_service.family_id = family.family_id
),

-- covered without a gap through the window, and old enough to be complete
episode as (
    select
        windowed.*,
        windowed.window_end + 90 as cost_end
    from windowed
    cross join context
    where
        {{ add_months('windowed.window_end + 90', 'context.runout_months') }} <= context.as_of
        and exists (
            select 1
            from coverage
            where
                coverage.person_key = windowed.person_key
                and coverage.continuous_start <= windowed.trigger_date
                and coalesce(coverage.continuous_end, {{ open_end() }}) >= windowed.window_end
        )
),

-- distinct: a claim family has an event on several lines
operated_claim as (
    select distinct
        family_id,
        claim_family_key
    from procedure_event
),

-- union: a line of the operation may also carry a related diagnosis
episode_line as (
    select
        family_id,
        claim_line_key
    from related_line
    union
    select
        operated_claim.family_id,
        comparator_line.claim_line_key
    from operated_claim
    inner join comparator_line
        on operated_claim.claim_family_key = comparator_line.claim_family_key
),

cost as (
    select
        episode.family_id,
        episode.person_key,
        sum(comparator_line.allowed_amount) as allowed_amount,
        sum(comparator_line.paid_amount) as paid_amount
    from episode
    inner join episode_line
        on episode.family_id = episode_line.family_id
    inner join comparator_line
        on
            episode_line.claim_line_key = comparator_line.claim_line_key
            and episode.person_key = comparator_line.person_key
    where comparator_line.service_date between episode.trigger_date and episode.cost_end
    group by episode.family_id, episode.person_key
),

-- distinct: an operation has events on several lines
operated as (
    select distinct
        episode.family_id,
        episode.person_key
    from episode
    inner join procedure_event
        on
            episode.person_key = procedure_event.person_key
            and episode.family_id = procedure_event.family_id
    where procedure_event.event_date between episode.trigger_date and episode.window_end
),

judged as (
    select
        episode.*,
        coalesce(cost.allowed_amount, 0) as allowed_amount,
        coalesce(cost.paid_amount, 0) as paid_amount,
        operated.person_key is not null as is_operated
    from episode
    left join cost
        on
            episode.family_id = cost.family_id
            and episode.person_key = cost.person_key
    left join operated
        on
            episode.family_id = operated.family_id
            and episode.person_key = operated.person_key
),

perspective as (
    select 'system' as perspective
    union all
    select 'payor' as perspective
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    judged.family_id,
    judged.person_key,
    perspective.perspective,
    judged.trigger_date,
    judged.window_end,
    judged.is_operated,
    cast(
        case perspective.perspective
            when 'system' then judged.allowed_amount
            else judged.paid_amount
        end as numeric(18, 4)
    ) as cost
from judged
cross join perspective
