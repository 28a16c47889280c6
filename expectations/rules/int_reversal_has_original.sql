-- One row per touched claim family with a delivered reversal, void or replacement: its original is
-- there. A claim without one is held, not used.
select
    exists (
        select 1
        from {work}.int_claim_excluded as held
        where held.claim_family_key = adjusted.claim_family_key
            and held.reason in ('I-ORPHAN', 'I-VOIDORPHAN', 'W-ORPHAN', 'Q-ORPHAN')
    ) as failed
from (
    select distinct claim_family_key
    from {work}.int_claim_verdict
    where adjustment_type <> 'original'
        and claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
) as adjusted
