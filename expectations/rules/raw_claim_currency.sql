-- One row per new claim line that states a currency: it is the payor's.
select currency_code <> '{currency}' as failed
from {raw}.medical_claim
where receipt_id in ({receipts})
    and currency_code <> ''
