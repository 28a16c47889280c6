-- One row per new line: care cannot be dated after the day the file was taken in.
select claim.dispensing_date > receipt.business_date as failed
from {raw}.pharmacy_claim as claim
inner join ops.receipt as receipt on receipt.receipt_id = claim.receipt_id
where claim.receipt_id in ({receipts})
    and claim.dispensing_date is not null
