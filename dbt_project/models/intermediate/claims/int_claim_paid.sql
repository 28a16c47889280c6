with

payment as not materialized (
    select * from {{ ref('int_claim_payment') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
)

select
    claim_family_key,
    cast(coalesce(sum(case when is_current then paid_amount end), 0) as numeric(18, 4)) as paid_amount,
    cast(coalesce(sum(case when is_current then allowed_amount end), 0) as numeric(18, 4)) as allowed_amount,
    max(case when is_last then adjustment_type end) as adjustment_type,
    max(paid_date) as paid_date,
    bool_or(is_opening) as has_opening,
    not bool_or(is_current) as is_taken_back,
    cast(sum(case when is_first_reversal then paid_amount end) as numeric(18, 4)) as first_reversed_amount,
    count(*) as payment_count
from payment
group by claim_family_key
