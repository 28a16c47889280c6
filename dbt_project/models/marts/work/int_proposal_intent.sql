{#- What a request for authorisation says of a proposal: how firmly it was intended, and how much was to be done. -#}
with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

request as (
    select * from {{ ref('int_authorization') }}
    where not is_withdrawn
),

linked as (
    select
        proposal.case_key,
        proposal.proposal_no,
        request.authorization_id,
        request.is_approved and coalesce(request.decided_date < touched_case.t0, true) as is_approved,
        case
            when proposal.side_rule = 'levels' and request.levels > 0 then least(request.levels, 2)
            else nullif(request.extent_rank, 0)
        end as extent_rank,
        request.requested_date
    from proposal
    inner join touched_case
        on proposal.case_key = touched_case.case_key
    inner join request
        on
            touched_case.person_key = request.person_key
            and proposal.procedure_family = request.family_id
            and {{ is_compatible_side('proposal.laterality', 'request.laterality') }}
    where
        -- asked for before the opinion, and not for an operation of long ago
        request.requested_date <= touched_case.t0
        and request.requested_date >= {{ add_months('touched_case.t0', -12) }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by case_key, proposal_no
            order by is_approved desc, requested_date desc, authorization_id desc
        ) as place
    from linked
)

select
    proposal.case_key,
    proposal.proposal_no,
    -- E1 is the strongest word and the smallest text
    least(
        proposal.intent_evidence,
        case when ranked.is_approved then 'E1' when ranked.case_key is not null then 'E2' end
    ) as intent_evidence,
    ranked.authorization_id is not null as is_in_authorizations,
    ranked.extent_rank
from proposal
inner join touched_case
    on proposal.case_key = touched_case.case_key
left join ranked
    on
        proposal.case_key = ranked.case_key
        and proposal.proposal_no = ranked.proposal_no
        and ranked.place = 1
