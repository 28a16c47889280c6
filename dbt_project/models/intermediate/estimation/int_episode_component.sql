{#- A view: the estimation of prices reads it, once a month. Comparator episodes and those of second opinions, by
    component, in the ledger's own window and anchored on the operation. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

comparator as (
    select * from {{ ref('int_comparator_episode') }}
    where perspective = 'system'
),

opinion_course as (
    select * from {{ ref('int_opinion_course') }}
),

procedure_event as (
    select * from {{ ref('int_procedure_event') }}
),

claim_line as (
    select * from {{ ref('int_claim_line') }}
    -- what was never rendered was never a cost
    where is_rendered
),

{{ related_prefix() }},

episode as (
    select
        'comparator' as arm,
        family_id,
        cast(person_key as text) as episode_id,
        person_key,
        trigger_date as starts_on,
        window_end
    from comparator
    union all
    select
        'opinion' as arm,
        opinion_course.family_id,
        opinion_course.case_key || '|' || opinion_course.proposal_no as episode_id,
        opinion_course.person_key,
        opinion_course.t0 as starts_on,
        opinion_course.window_end
    from opinion_course
    cross join context
    where
        {{ matures_on('opinion_course.window_end + ' ~ episode_tail_days(), 'context.runout_months') }}
        <= context.as_of
        and coalesce(opinion_course.left_on, opinion_course.window_end) >= opinion_course.window_end
        and coalesce(opinion_course.died_on, opinion_course.window_end) >= opinion_course.window_end
),

anchored as (
    select
        episode.arm,
        episode.family_id,
        episode.episode_id,
        episode.person_key,
        episode.starts_on,
        episode.window_end,
        min(procedure_event.event_date) as anchor_date
    from episode
    left join procedure_event
        on
            episode.person_key = procedure_event.person_key
            and episode.family_id = procedure_event.family_id
            and procedure_event.event_date between episode.starts_on and episode.window_end
    group by
        episode.arm,
        episode.family_id,
        episode.episode_id,
        episode.person_key,
        episode.starts_on,
        episode.window_end
),

measured as (
    select
        anchored.*,
        span.span_kind,
        span.first_day,
        span.last_day
    from anchored
    cross join
        lateral (
            values
            ('window', anchored.starts_on, {{ add_days('anchored.window_end', episode_tail_days()) }}),
            ('anchor_90', anchored.anchor_date - 30, anchored.anchor_date + 90),
            ('anchor_30', anchored.anchor_date - 30, anchored.anchor_date + 30)
        ) as span (span_kind, first_day, last_day)
    where span.first_day is not null
),

{{ related_code('claim_line') }},

-- union: a line of the operation may also carry a related diagnosis
family_line as (
    select
        related_code.family_id,
        claim_line.claim_line_key
    from claim_line
    inner join related_code
        on claim_line.diagnosis_code_1 = related_code.diagnosis_code_1
    union
    select
        procedure_event.family_id,
        claim_line.claim_line_key
    from procedure_event
    inner join claim_line
        on procedure_event.claim_family_key = claim_line.claim_family_key
),

episode_line as (
    select
        measured.*,
        coalesce(claim_line.allowed_amount, 0) as allowed_amount,
        coalesce(claim_line.paid_amount, 0) as paid_amount,
        {{ cost_component('claim_line') }} as component
    from measured
    inner join family_line
        on measured.family_id = family_line.family_id
    inner join claim_line
        on
            family_line.claim_line_key = claim_line.claim_line_key
            and measured.person_key = claim_line.person_key
            and claim_line.service_date between measured.first_day and measured.last_day
),

-- an episode without a line cost nothing, which is a price too
priced as (
    select
        arm,
        family_id,
        episode_id,
        span_kind,
        component,
        sum(allowed_amount) as allowed_amount,
        sum(paid_amount) as paid_amount
    from episode_line
    group by arm, family_id, episode_id, span_kind, component
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    measured.arm,
    measured.family_id,
    measured.episode_id,
    measured.span_kind,
    coalesce(priced.component, 'none') as component,
    perspective.perspective,
    measured.anchor_date is not null as is_operated,
    cast(extract(year from coalesce(measured.anchor_date, measured.starts_on)) as integer) as price_year,
    cast(
        case perspective.perspective
            when 'system' then coalesce(priced.allowed_amount, 0)
            else coalesce(priced.paid_amount, 0)
        end as numeric(18, 4)
    ) as cost
from measured
cross join (values ('system'), ('payor')) as perspective (perspective)
left join priced
    on
        measured.arm = priced.arm
        and measured.family_id = priced.family_id
        and measured.episode_id = priced.episode_id
        and measured.span_kind = priced.span_kind
