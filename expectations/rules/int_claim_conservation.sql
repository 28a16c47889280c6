-- One row per touched claim family as delivered: it has final lines or lines left out with a
-- reason, and no line is both.
with delivered as (
    select distinct
        md5('{payor}|' || coalesce(nullif(original_claim_id, ''), claim_id)) as claim_family_key
    from {raw}.medical_claim
    where md5('{payor}|' || coalesce(nullif(original_claim_id, ''), claim_id))
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
),

counted as (
    select
        claim_family_key,
        count(*) as answers,
        count(distinct claim_line_number) as lines
    from answered
    group by claim_family_key
)

select
    delivered.claim_family_key is null
    or counted.claim_family_key is null
    or counted.answers <> counted.lines as failed
from delivered
full join counted on counted.claim_family_key = delivered.claim_family_key
