with

verdict as (
    select * from {{ ref('int_claim_verdict') }}
    where balance_state is not null
)

-- every row of a claim says the same of the claim
select
    claim_family_key,
    max(claim_paid_amount) as claim_paid_amount,
    max(lines_paid_amount) as lines_paid_amount,
    max(claim_paid_amount) - coalesce(max(lines_paid_amount), 0) as difference,
    max(balance_state) as balance_state
from verdict
group by claim_family_key
