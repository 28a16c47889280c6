-- One row per touched claim family: nothing about it is in doubt. A contradiction, two persons, a
-- wrong sign or a claim that is off its lines keeps the whole family out of every figure.
select
    exists (
        select 1
        from {work}.int_claim_excluded as doubtful
        where doubtful.claim_family_key = touched.claim_family_key
            and doubtful.reason in ('Q-CONFLICT', 'Q-PERSON', 'Q-SIGN', 'Q-BAL')
    ) as failed
from (
    select claim_family_key from {work}.int_claim_line
    where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
    union
    select claim_family_key from {work}.int_claim_excluded
    where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
) as touched
