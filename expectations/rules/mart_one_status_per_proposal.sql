-- One row per initial proposal of a touched delivered case, and per case without any: there is
-- exactly one status row.
with expected as (
    select
        delivered.case_key,
        coalesce(proposal.proposal_no, 0) as proposal_no
    from {work}.int_case as delivered
    left join {work}.int_case_procedure as proposal
        on proposal.case_key = delivered.case_key
        and proposal.is_proposed
    where delivered.t0 is not null
        and delivered.case_key in (select case_key from {work}.int_work_case)
),

answered as (
    select case_key, proposal_no, count(*) as statuses
    from {work}.fct_procedure_decision
    where case_key in (select case_key from {work}.int_work_case)
    group by case_key, proposal_no
)

select expected.case_key is null or answered.statuses is distinct from 1 as failed
from expected
full join answered
    on answered.case_key = expected.case_key
    and answered.proposal_no = expected.proposal_no
