-- One row per feed with new files: the share of rows held back, over all its new files.
-- A handful of rows never blocks: a small file with one bad row is not a bad delivery.
select
    sum(receipt.quarantined) > {few}
    and sum(receipt.quarantined) > {share} * sum(receipt.accepted + receipt.quarantined) as failed
from ops.receipt as receipt
where receipt.receipt_id in ({receipts})
group by receipt.feed
