-- One row per delivered reversal or void of a touched claim family: its original is there. A
-- reversal without one is held, not used.
select
    exists (
        select 1
        from {work}.int_claim_excluded as held
        where held.reason = 'held_orphan'
            and held.claim_line_number = reversal.claim_line_number
            and held.claim_family_key
            = md5('{payor}|' || coalesce(nullif(reversal.original_claim_id, ''), reversal.claim_id))
    ) as failed
from {raw}.medical_claim as reversal
where reversal.adjustment_type in ('reversal', 'void')
    and md5('{payor}|' || coalesce(nullif(reversal.original_claim_id, ''), reversal.claim_id))
        in (select claim_family_key from {work}.int_work_claim_family)
