with

verdict as (
    select * from {{ ref('int_claim_verdict') }}
    where balance_state is not null
)

-- every row of a claim says the same of the claim
select
    claim_family_key,
    cast(max(claim_paid_amount) as numeric(18, 4)) as claim_paid_amount,
    cast(max(lines_paid_amount) as numeric(18, 4)) as lines_paid_amount,
    cast(max(claim_paid_amount) - coalesce(max(lines_paid_amount), 0) as numeric(18, 4)) as difference,
    max(balance_state) as balance_state
from verdict
group by claim_family_key
