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

evidence as (
    select * from {{ ref('int_proposal_evidence') }}
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
        proposal.intent_evidence,
        proposal.recommended_date,
        coalesce(
            evidence.window_end,
            {{ add_months('touched_case.t0', months_without_proposal()) }}
        ) as window_end,
        proposal.case_key is null as is_without_proposal,
        evidence.evidence_kind,
        evidence.evidence_date,
        evidence.evidence_strength,
        evidence.is_all_denied,
        evidence.late_on,
        coalesce(evidence.is_contralateral, false) as is_contralateral,
        coverage.is_matched,
        coverage.is_covered_at_opinion,
        coverage.left_on,
        coverage.died_on,
        coalesce(observability.is_observable, false) as is_observable,
        context.as_of,
        context.runout_months
    from touched_case
    inner join coverage
        on touched_case.case_key = coverage.case_key
    left join proposal
        on touched_case.case_key = proposal.case_key
    left join evidence
        on
            proposal.case_key = evidence.case_key
            and proposal.proposal_no = evidence.proposal_no
    left join observability
        on proposal.procedure_family = observability.family_id
    cross join context
),

-- the earlier of death and departure ends the watch, if it came before the window's end
watched as (
    select
        *,
        {{ add_months('window_end', 'runout_months') }} as matures_on,
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
            when evidence_kind = 'before' then 'performed_before_opinion'
            when evidence_kind = 'deferred' then 'deferred_performed'
            when evidence_kind = 'in_plan' then 'performed_as_proposed'
            when watch_ended_by = 'death' then 'censored_death'
            when watch_ended_by = 'departure' then 'censored_disenrolled'
            when not (is_matched and is_covered_at_opinion and is_observable) then 'unverifiable'
            when as_of < matures_on then 'not_performed_provisional'
            else 'not_performed_confirmed'
        end as status
    from watched
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
    recommended_date,
    t0 as window_start,
    window_end,
    matures_on,
    status,
    case status
        when 'not_applicable' then 1
        when 'performed_before_opinion' then 2
        when 'performed_as_proposed' then 3
        when 'deferred_performed' then 6
        when 'censored_death' then 7
        when 'censored_disenrolled' then 8
        when 'unverifiable' then 9
        when 'not_performed_provisional' then 10
        when 'not_performed_confirmed' then 11
    end as status_order,
    evidence_date,
    evidence_strength,
    status in ('performed_as_proposed', 'deferred_performed') and is_all_denied as is_performed_denied,
    status = 'not_performed_confirmed' and so_position in ('against', 'alternative') as is_avoided,
    status = 'not_performed_confirmed' and so_position = 'agreed' as is_supported_not_performed,
    is_contralateral,
    status in (
        'censored_death', 'censored_disenrolled', 'not_performed_provisional', 'not_performed_confirmed'
    ) and late_on is not null as is_late_conversion,
    case
        when status = 'censored_death' then died_on
        when status = 'censored_disenrolled' then left_on
    end as censor_date,
    case
        when status <> 'unverifiable' then null
        when not is_matched then 'not_in_eligibility'
        when not is_covered_at_opinion then 'not_covered_at_opinion'
        else 'family_not_observable'
    end as unverifiable_reason
from decided
