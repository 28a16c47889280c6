-- One row per new consultation version: requested, then records complete, then delivered.
select
    coalesce(records_complete_date < requested_date, false)
    or coalesce(delivered_to_member_date < requested_date, false)
    or coalesce(delivered_to_member_date < records_complete_date, false) as failed
from {raw}.consultation
where receipt_id in ({receipts})
