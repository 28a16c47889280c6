with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

event as (
    select * from {{ ref('int_procedure_event') }}
),

windowed as (
    select
        proposal.*,
        touched_case.person_key,
        touched_case.t0,
        {{ add_months('touched_case.t0', 'proposal.window_months') }} as plan_end,
        {{ add_months('touched_case.t0', 'proposal.window_months_deferred') }} as window_end,
        {{ add_months('touched_case.t0', 'proposal.min_defer_months') }} as defer_from
    from proposal
    inner join touched_case
        on proposal.case_key = touched_case.case_key
),

seen as (
    select
        windowed.case_key,
        windowed.proposal_no,
        event.event_date,
        event.claim_type,
        event.is_denied_rendered,
        {{ is_compatible_side('windowed.laterality', 'event.laterality') }} as is_same_side,
        event.event_date >= windowed.recommended_date and event.event_date < windowed.t0 as is_before,
        windowed.so_position = 'defer'
        and event.event_date between windowed.defer_from and windowed.window_end as is_deferred,
        event.event_date between windowed.t0 and windowed.plan_end as is_in_plan,
        event.event_date between windowed.t0 and windowed.window_end as is_in_window,
        event.event_date > windowed.window_end as is_late
    from windowed
    inner join event
        on
            windowed.person_key = event.person_key
            and windowed.procedure_family = event.family_id
),

-- in the order the statuses are decided; the other side never counts
chosen as (
    select
        case_key,
        proposal_no,
        case
            when bool_or(is_same_side and is_before) then 'before'
            when bool_or(is_same_side and is_deferred) then 'deferred'
            when bool_or(is_same_side and is_in_plan) then 'in_plan'
        end as evidence_kind,
        min(event_date) filter (where is_same_side and is_late) as late_on,
        bool_or(not is_same_side and is_in_window) as is_contralateral
    from seen
    group by case_key, proposal_no
),

evidence as (
    select
        chosen.case_key,
        chosen.proposal_no,
        min(seen.event_date) as evidence_date,
        bool_and(seen.is_denied_rendered) as is_all_denied
    from chosen
    inner join seen
        on
            chosen.case_key = seen.case_key
            and chosen.proposal_no = seen.proposal_no
            and seen.is_same_side
            and case chosen.evidence_kind
                when 'before' then seen.is_before
                when 'deferred' then seen.is_deferred
                when 'in_plan' then seen.is_in_plan
            end
    group by chosen.case_key, chosen.proposal_no
),

-- facility and professional lines within three days confirm each other
strength as (
    select
        evidence.case_key,
        evidence.proposal_no,
        bool_or(seen.claim_type = 'institutional')
        and bool_or(seen.claim_type = 'professional') as is_confirmed
    from evidence
    inner join seen
        on
            evidence.case_key = seen.case_key
            and evidence.proposal_no = seen.proposal_no
            and seen.is_same_side
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
    coalesce(evidence.is_all_denied, false) as is_all_denied,
    case
        when evidence.case_key is null then null
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
