-- One row: of the touched claim families that state what was paid for the whole claim no more than the
-- allowed share, and a few, are off their lines.
select count(*) filter (where balance_state = 'off') > greatest({share} * count(*), {few}) as failed
from {work}.int_claim_reconciliation
where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
