-- One row per new line: care cannot be dated after the day the file was taken in.
select coalesce(claim.claim_line_start_date, claim.claim_start_date) > receipt.business_date as failed
from {raw}.medical_claim as claim
inner join ops.receipt as receipt on receipt.receipt_id = claim.receipt_id
where claim.receipt_id in ({receipts})
    and coalesce(claim.claim_line_start_date, claim.claim_start_date) is not null
