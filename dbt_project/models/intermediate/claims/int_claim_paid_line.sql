with

payment as not materialized (
    select * from {{ ref('int_claim_payment') }}
    where
        is_current
        and {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

line as not materialized (
    select * from {{ ref('stg_remittance_line') }}
)

select
    payment.claim_family_key,
    line.remittance_line_number as claim_line_number,
    cast(sum(line.paid_amount) as numeric(18, 4)) as paid_amount,
    cast(sum(line.allowed_amount) as numeric(18, 4)) as allowed_amount,
    cast(max(line.charge_amount) as numeric(18, 4)) as charge_amount
from payment
inner join line
    on
        payment.receipt_id = line.receipt_id
        and payment.record_no = line.record_no
group by payment.claim_family_key, line.remittance_line_number
