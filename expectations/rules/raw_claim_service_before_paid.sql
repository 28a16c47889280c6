-- One row per new claim line with both dates: a claim is not paid before the care.
select paid_date < coalesce(claim_line_start_date, claim_start_date) as failed
from {raw}.medical_claim
where receipt_id in ({receipts})
    and paid_date is not null
    and coalesce(claim_line_start_date, claim_start_date) is not null
