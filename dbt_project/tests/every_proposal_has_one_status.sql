-- Statuses 2 to 11 add up to the proposals of delivered cases, status 1 to the cases without any.
with

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

delivered as (
    select * from {{ ref('int_case_window') }}
    where t0 is not null
),

decision as (
    select * from {{ ref('fct_procedure_decision') }}
),

proposed as (
    select
        delivered.case_key,
        count(proposal.proposal_no) as proposals
    from delivered
    left join proposal
        on delivered.case_key = proposal.case_key
    group by delivered.case_key
),

decided as (
    select
        case_key,
        count(*) filter (where status_order between 2 and 11) as statuses,
        count(*) filter (where status_order = 1) as not_applicable
    from decision
    group by case_key
)

select
    coalesce(proposed.case_key, decided.case_key) as case_key,
    proposed.proposals,
    decided.statuses,
    decided.not_applicable
from proposed
full outer join decided
    on proposed.case_key = decided.case_key
where
    proposed.proposals is distinct from decided.statuses
    or decided.not_applicable is distinct from case when proposed.proposals = 0 then 1 else 0 end
