-- One row per line of a touched family that corrections took out: a reversal without its original
-- is held, not used.
select reason = 'held_orphan' as failed
from {work}.int_claim_excluded
where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
