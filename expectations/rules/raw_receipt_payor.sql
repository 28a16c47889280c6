-- One row per new receipt: the file was taken in for this payor and is loaded.
select receipt.payor_id <> '{payor}' or receipt.state <> 'loaded' as failed
from ops.receipt as receipt
where receipt.receipt_id in ({receipts})
