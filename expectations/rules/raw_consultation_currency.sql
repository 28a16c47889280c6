-- One row per new consultation version: the fee is in the payor's currency.
select currency_code <> '{currency}' as failed
from {raw}.consultation
where receipt_id in ({receipts})
