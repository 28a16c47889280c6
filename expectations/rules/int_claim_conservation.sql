-- One row per line of a touched claim family, as delivered: the line is in the final claims or
-- listed as left out with a reason, never both, never neither.
with delivered as (
    select distinct
        md5('{payor}' || '|' || coalesce(nullif(original_claim_id, ''), claim_id))
            as claim_family_key,
        claim_line_number
    from {raw}.medical_claim
    where md5('{payor}' || '|' || coalesce(nullif(original_claim_id, ''), claim_id))
        in (select claim_family_key from {work}.int_work_claim_family)
),

answered as (
    select claim_family_key, claim_line_number
    from {work}.int_claim_line
    where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
    union all
    select claim_family_key, claim_line_number
    from {work}.int_claim_excluded
    where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
)

select count(answered.claim_family_key) <> 1 or delivered.claim_family_key is null as failed
from delivered
full join answered
    on answered.claim_family_key = delivered.claim_family_key
    and answered.claim_line_number = delivered.claim_line_number
group by
    coalesce(delivered.claim_family_key, answered.claim_family_key),
    coalesce(delivered.claim_line_number, answered.claim_line_number),
    delivered.claim_family_key
