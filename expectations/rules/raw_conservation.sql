-- One row per new receipt: every line of the file is a header, trailer, blank, accepted or
-- quarantined line, and the accepted records are really stored.
with stored as (
    select receipt_id, count(distinct record_no) as records
    from {raw}.eligibility
    where receipt_id in ({receipts})
    group by receipt_id
    union all
    select receipt_id, count(distinct record_no)
    from {raw}.medical_claim
    where receipt_id in ({receipts})
    group by receipt_id
    union all
    select receipt_id, count(distinct record_no)
    from {raw}.pharmacy_claim
    where receipt_id in ({receipts})
    group by receipt_id
    union all
    select receipt_id, count(distinct record_no)
    from {raw}.consultation
    where receipt_id in ({receipts})
    group by receipt_id
    union all
    select receipt_id, count(distinct record_no)
    from {raw}.consultation_diagnosis
    where receipt_id in ({receipts})
    group by receipt_id
    union all
    select receipt_id, count(distinct record_no)
    from {raw}.consultation_procedure
    where receipt_id in ({receipts})
    group by receipt_id
),

held as (
    select receipt_id, count(distinct record_no) as records
    from ops.quarantine
    where receipt_id in ({receipts})
    group by receipt_id
)

select
    receipt.lines <> receipt.header_lines + receipt.trailer_lines + receipt.blank_lines
        + receipt.accepted + receipt.quarantined
    or receipt.accepted <> coalesce(stored.records, 0)
    or receipt.quarantined <> coalesce(held.records, 0) as failed
from ops.receipt as receipt
left join stored on stored.receipt_id = receipt.receipt_id
left join held on held.receipt_id = receipt.receipt_id
where receipt.receipt_id in ({receipts})
