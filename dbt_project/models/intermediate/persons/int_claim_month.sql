with

claim_line as (
    select * from {{ ref('int_claim_line') }}
),

unenrolled as (
    select * from {{ ref('int_claim_unenrolled') }}
)

select
    claim_line.payor_id,
    cast(date_trunc('month', claim_line.service_date) as date) as service_month,
    count(*) as claim_lines,
    count(unenrolled.claim_line_key) as unenrolled_lines,
    cast(sum(claim_line.paid_amount) as numeric(18, 4)) as paid_amount,
    cast(sum(
        case when unenrolled.claim_line_key is not null then claim_line.paid_amount end
    ) as numeric(18, 4)) as unenrolled_paid_amount
from claim_line
left join unenrolled
    on claim_line.claim_line_key = unenrolled.claim_line_key
group by claim_line.payor_id, cast(date_trunc('month', claim_line.service_date) as date)
