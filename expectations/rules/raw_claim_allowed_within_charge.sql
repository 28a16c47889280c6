-- One row per new claim line with both amounts: allowed is at most 1.05 of the charge.
select abs(allowed_amount) > 1.05 * abs(charge_amount) + 0.01 as failed
from {raw}.medical_claim
where receipt_id in ({receipts})
    and allowed_amount is not null
    and charge_amount is not null
