-- One row per touched claim family that states what was paid for the whole claim: its lines agree.
select balance_state = 'off' as failed
from {work}.int_claim_reconciliation
where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
