-- One row per new claim line with both amounts: what was paid does not exceed what was allowed.
-- Signs are dropped because a reversal carries both amounts negative.
select abs(paid_amount) > abs(allowed_amount) + 0.01 as failed
from {raw}.medical_claim
where receipt_id in ({receipts})
    and paid_amount is not null
    and allowed_amount is not null
