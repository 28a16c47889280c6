{#- Procedures in claims that may decide a proposal. Of a payor that dates by the month or quarter, a service outside a
    hospital's own claim of a stay may be of any of its days: what may lie in the window counts as in it, so that
    nothing is called avoided by a coarse date. -#}
with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

intent as (
    select * from {{ ref('int_proposal_intent') }}
),

substitute as (
    select * from {{ source('reference', 'family_substitute') }}
),

event_row as (
    select
        *,
        not is_dated
        and (care_setting = 'outpatient' or claim_type <> 'institutional')
        and {{ payor_term('service_date_grain') }} <> 'day' as is_blurred
    from {{ ref('int_procedure_event') }}
),

event as (
    select
        *,
        {{ first_possible_day('event_date', 'is_blurred') }} as first_day,
        {{ last_possible_day('event_date', 'is_blurred') }} as last_day
    from event_row
),

windowed as (
    select
        proposal.*,
        touched_case.person_key,
        touched_case.t0,
        intent.extent_rank as proposed_extent,
        {{ add_months('touched_case.t0', 'proposal.window_months') }} as plan_end,
        {{ add_months('touched_case.t0', 'proposal.window_months_deferred') }} as window_end,
        {{ add_months('touched_case.t0', 'proposal.min_defer_months') }} as defer_from
    from proposal
    inner join touched_case
        on proposal.case_key = touched_case.case_key
    left join intent
        on
            proposal.case_key = intent.case_key
            and proposal.proposal_no = intent.proposal_no
),

-- the family itself, and the families that may take its place
accepted_family as (
    select
        case_key,
        proposal_no,
        procedure_family as family_id,
        true as is_own
    from windowed
    union all
    select
        windowed.case_key,
        windowed.proposal_no,
        substitute.substitute_family_id as family_id,
        false as is_own
    from windowed
    inner join substitute
        on windowed.procedure_family = substitute.family_id
),

seen as (
    select
        windowed.case_key,
        windowed.proposal_no,
        windowed.laterality as proposed_side,
        windowed.side_rule,
        windowed.proposed_extent,
        accepted_family.is_own,
        event.family_id,
        event.event_date,
        event.laterality,
        nullif(event.extent_rank, 0) as extent_rank,
        event.claim_type,
        event.is_assistant,
        event.is_blurred,
        event.is_denied_rendered,
        {{ is_compatible_side('windowed.laterality', 'event.laterality') }} as is_same_side,
        event.last_day >= windowed.recommended_date and event.last_day < windowed.t0 as is_before,
        windowed.so_position = 'defer'
        and event.last_day >= windowed.defer_from
        and event.first_day <= windowed.window_end as is_deferred,
        event.last_day >= windowed.t0 and event.first_day <= windowed.plan_end as is_in_plan,
        event.last_day >= windowed.t0 and event.first_day <= windowed.window_end as is_in_window,
        event.first_day > windowed.window_end
        and event.first_day
        <= {{ add_months('windowed.t0', late_conversion_months()) }} as is_late
    from windowed
    inner join accepted_family
        on
            windowed.case_key = accepted_family.case_key
            and windowed.proposal_no = accepted_family.proposal_no
    inner join event
        on
            windowed.person_key = event.person_key
            and accepted_family.family_id = event.family_id
),

-- in the order the statuses are decided; the other side never counts
chosen as (
    select
        case_key,
        proposal_no,
        case
            when bool_or(is_own and is_same_side and is_before) then 'before'
            when bool_or(is_own and is_same_side and is_deferred) then 'deferred'
            when bool_or(is_own and is_same_side and is_in_plan)
                then
                    case
                        -- some claim names the extent, and none the proposed one
                        when
                            max(proposed_extent) is not null
                            and bool_or(is_own and is_same_side and is_in_plan and extent_rank is not null)
                            and not coalesce(
                                bool_or(is_own and is_same_side and is_in_plan and extent_rank = proposed_extent),
                                false
                            )
                            then 'modified'
                        else 'in_plan'
                    end
            when bool_or(not is_own and is_same_side and is_in_plan) then 'substitute'
        end as evidence_kind,
        max(proposed_extent) as proposed_extent,
        max(extent_rank) filter (where is_own and is_same_side and is_in_plan) as performed_extent,
        min(event_date) filter (where is_own and is_same_side and is_late) as late_on,
        coalesce(bool_or(is_own and not is_same_side and is_in_window), false) as is_contralateral
    from seen
    group by case_key, proposal_no
),

deciding as (
    select
        seen.*,
        chosen.evidence_kind
    from chosen
    inner join seen
        on
            chosen.case_key = seen.case_key
            and chosen.proposal_no = seen.proposal_no
            and seen.is_same_side
            and case chosen.evidence_kind
                when 'before' then seen.is_own and seen.is_before
                when 'deferred' then seen.is_own and seen.is_deferred
                when 'in_plan' then seen.is_own and seen.is_in_plan
                when 'modified' then seen.is_own and seen.is_in_plan
                when 'substitute' then not seen.is_own and seen.is_in_plan
            end
),

evidence as (
    select
        case_key,
        proposal_no,
        min(evidence_kind) as evidence_kind,
        min(event_date) as evidence_date,
        min(family_id) as evidence_family,
        bool_and(is_denied_rendered) as is_all_denied,
        bool_and(is_blurred) as is_all_blurred
    from deciding
    group by case_key, proposal_no
),

-- a facility's and a surgeon's claim within three days confirm each other; an assistant's does not
strength as (
    select
        evidence.case_key,
        evidence.proposal_no,
        bool_or(seen.claim_type = 'institutional')
        and bool_or(seen.claim_type = 'professional' and not seen.is_assistant) as is_confirmed,
        bool_or(
            coalesce(seen.laterality, '') <> ''
            or seen.side_rule <> 'side'
            or seen.proposed_side = ''
        ) as is_side_told
    from evidence
    inner join seen
        on
            evidence.case_key = seen.case_key
            and evidence.proposal_no = seen.proposal_no
            and seen.is_same_side
            and seen.is_own = (evidence.evidence_kind <> 'substitute')
            and seen.event_date between {{ add_days('evidence.evidence_date', -3) }}
            and {{ add_days('evidence.evidence_date', 3) }}
    group by evidence.case_key, evidence.proposal_no
)

select
    windowed.case_key,
    windowed.proposal_no,
    windowed.plan_end,
    windowed.window_end,
    chosen.evidence_kind,
    evidence.evidence_date,
    evidence.evidence_family,
    case
        when chosen.evidence_kind <> 'modified' then null
        when chosen.performed_extent < chosen.proposed_extent then 'less'
        else 'more'
    end as extent_change,
    coalesce(evidence.is_all_denied, false) as is_all_denied,
    case
        when evidence.case_key is null then null
        when evidence.is_all_blurred then 'not_applicable'
        when not strength.is_side_told then 'low'
        when strength.is_confirmed then 'confirmed'
        else 'probable'
    end as evidence_strength,
    chosen.late_on,
    coalesce(chosen.is_contralateral, false) as is_contralateral
from windowed
left join chosen
    on
        windowed.case_key = chosen.case_key
        and windowed.proposal_no = chosen.proposal_no
left join evidence
    on
        windowed.case_key = evidence.case_key
        and windowed.proposal_no = evidence.proposal_no
left join strength
    on
        windowed.case_key = strength.case_key
        and windowed.proposal_no = strength.proposal_no
