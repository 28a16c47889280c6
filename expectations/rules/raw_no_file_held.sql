-- One row per new receipt and per file that waits for a steward: it does not wait.
select receipt.state = 'held' as failed
from ops.receipt as receipt
where receipt.payor_id = '{payor}'
    and (receipt.receipt_id in ({receipts}) or receipt.state = 'held')
