-- One row per new receipt: every line of the file is a header, trailer or blank line, or was read
-- past, accepted or quarantined, and the accepted records are really stored.
select
    receipt.lines <> receipt.header_lines + receipt.trailer_lines + receipt.blank_lines
        + receipt.skipped + receipt.accepted + receipt.quarantined
    or receipt.accepted <> ops.records_stored(receipt)
    or receipt.quarantined <> ops.records_held(receipt) as failed
from ops.receipt as receipt
where receipt.receipt_id in ({receipts})
