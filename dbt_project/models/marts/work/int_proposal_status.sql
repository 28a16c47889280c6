{#- The rules of docs/statuses.md, from the top down: the first that holds decides. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

coverage as (
    select * from {{ ref('int_case_coverage') }}
),

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

intent as (
    select * from {{ ref('int_proposal_intent') }}
),

evidence as (
    select * from {{ ref('int_proposal_evidence') }}
),

induced as (
    select * from {{ ref('int_induced_care') }}
),

observability as (
    select * from {{ ref('int_observability') }}
),

gathered as (
    select
        touched_case.payor_id,
        touched_case.case_key,
        touched_case.t0,
        coalesce(proposal.proposal_no, 0) as proposal_no,
        coalesce(proposal.procedure_family, 'none') as procedure_family,
        coalesce(proposal.laterality, '') as laterality,
        coalesce(proposal.so_position, 'none') as so_position,
        coalesce(intent.intent_evidence, proposal.intent_evidence) as intent_evidence,
        coalesce(intent.is_in_authorizations, false) as is_in_authorizations,
        proposal.recommended_date,
        proposal.window_months_deferred as window_months,
        coalesce(
            evidence.window_end,
            {{ add_months('touched_case.t0', months_without_proposal()) }}
        ) as window_end,
        proposal.case_key is null as is_without_proposal,
        evidence.evidence_kind,
        evidence.evidence_date,
        evidence.evidence_family,
        evidence.extent_change,
        evidence.evidence_strength,
        evidence.is_all_denied,
        evidence.late_on,
        coalesce(evidence.is_contralateral, false) as is_contralateral,
        induced.case_key is not null as is_induced_care,
        coverage.is_matched,
        coverage.is_covered_at_opinion,
        coverage.has_baseline,
        coverage.left_on,
        coverage.died_on,
        coverage.is_withdrawn,
        coalesce(observability.is_observable, false) as is_observable,
        coalesce(observability.reason, 'family_unknown') as blind_reason,
        context.as_of,
        context.runout_months
    from touched_case
    inner join coverage
        on touched_case.case_key = coverage.case_key
    left join proposal
        on touched_case.case_key = proposal.case_key
    left join intent
        on
            proposal.case_key = intent.case_key
            and proposal.proposal_no = intent.proposal_no
    left join evidence
        on
            proposal.case_key = evidence.case_key
            and proposal.proposal_no = evidence.proposal_no
    left join induced
        on touched_case.case_key = induced.case_key
    left join observability
        on proposal.procedure_family = observability.family_id
    cross join context
),

-- the earlier of death and departure ends the watch, if it came before the window's end
watched as (
    select
        *,
        {{ matures_on('window_end', 'runout_months') }} as matures_on,
        case
            when not is_covered_at_opinion then null
            when died_on < window_end and died_on <= coalesce(left_on, died_on) then 'death'
            when left_on < window_end then 'departure'
        end as watch_ended_by
    from gathered
),

decided as (
    select
        *,
        case
            when is_without_proposal then 'not_applicable'
            when is_withdrawn then 'unverifiable'
            when evidence_kind = 'before' then 'performed_before_opinion'
            -- an operation put off and done in time is what a deferral asks for
            when evidence_kind = 'deferred' then 'deferred_performed'
            when evidence_kind = 'in_plan' then 'performed_as_proposed'
            when evidence_kind = 'modified' then 'performed_modified'
            when evidence_kind = 'substitute' then 'substituted'
            when watch_ended_by = 'death' then 'censored_death'
            when watch_ended_by = 'departure' then 'censored_disenrolled'
            when not (is_matched and is_covered_at_opinion and is_observable) then 'unverifiable'
            when as_of < matures_on then 'not_performed_provisional'
            else 'not_performed_confirmed'
        end as status
    from watched
),

flagged as (
    select
        *,
        status in {{ performed_statuses() }} as is_performed,
        status in (
            'censored_death', 'censored_disenrolled', 'not_performed_provisional', 'not_performed_confirmed'
        ) and late_on is not null as is_late_conversion,
        status in {{ performed_statuses() }} or status in ('performed_before_opinion', 'substituted') as has_evidence
    from decided
)

select
    payor_id,
    md5(case_key || '|' || proposal_no) as decision_key,
    case_key,
    proposal_no,
    procedure_family,
    laterality,
    so_position,
    intent_evidence,
    is_in_authorizations,
    recommended_date,
    t0 as window_start,
    window_months,
    window_end,
    matures_on,
    status,
    array_position(array[{{ "'" ~ status_order() | join("', '") ~ "'" }}], status) as status_order,
    case when has_evidence then evidence_date end as evidence_date,
    case when has_evidence then evidence_family end as evidence_family,
    case when has_evidence then evidence_strength end as evidence_strength,
    case when status = 'performed_modified' then extent_change end as extent_change,
    so_position = 'agreed' as is_agreed,
    is_performed and is_all_denied as is_performed_denied,
    status = 'not_performed_confirmed' and so_position in ('against', 'alternative') as is_avoided,
    status = 'not_performed_confirmed' and so_position = 'agreed' as is_supported_not_performed,
    is_induced_care and not is_withdrawn as is_induced_care,
    is_contralateral and not is_withdrawn as is_contralateral,
    is_late_conversion,
    case when is_late_conversion then late_on end as late_conversion_date,
    case
        when status = 'censored_death' then died_on
        when status = 'censored_disenrolled' then left_on
    end as censor_date,
    has_baseline,
    is_withdrawn,
    case
        when status <> 'unverifiable' then null
        when is_withdrawn then 'consent_withdrawn'
        when not is_matched then 'not_in_eligibility'
        when not is_covered_at_opinion then 'not_covered_at_opinion'
        else blind_reason
    end as unverifiable_reason
from flagged
