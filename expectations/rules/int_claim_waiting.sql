-- One row per adjustment held for its original, touched or not: it has waited for less than 30 days.
select reason in ('W-ORPHAN', 'Q-ORPHAN') as failed
from {work}.int_claim_excluded
where state = 'held' or reason = 'Q-ORPHAN'
