-- One row: of the touched claim families no more than the allowed share, and a few, are in doubt. A
-- contradiction, two persons, a wrong sign or a claim off its lines keeps the whole family out.
with touched as (
    select claim_family_key, false as is_doubtful
    from {work}.int_claim_line
    where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
    union all
    select claim_family_key, reason in ('Q-CONFLICT', 'Q-PERSON', 'Q-SIGN', 'Q-BAL')
    from {work}.int_claim_excluded
    where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
),

family as (
    select claim_family_key, bool_or(is_doubtful) as is_doubtful
    from touched
    group by claim_family_key
)

select
    count(*) filter (where is_doubtful) > greatest({share} * count(*), {few}) as failed
from family
