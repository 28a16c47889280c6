-- One row per touched claim id: every delivered row of it is a final line, or is counted with its reason, once.
with touched as (
    select claim_family_key as claim_link_key
    from {work}.int_work_claim_family
),

family as (
    select
        touched.claim_link_key,
        coalesce(linked.claim_family_key, touched.claim_link_key) as claim_family_key
    from touched
    left join {work}.int_claim_family as linked
        on linked.claim_link_key = touched.claim_link_key
),

delivered as (
    select
        family.claim_family_key,
        count(*) as n_rows
    from {raw}.medical_claim as sent
    inner join family
        on family.claim_link_key
        = md5('{payor}|' || coalesce(nullif(sent.original_claim_id, ''), sent.claim_id))
    group by family.claim_family_key
),

answer as (
    select claim_family_key, claim_line_number, 1 as n_rows, true as is_final
    from {work}.int_claim_line
    where claim_family_key in (select claim_link_key from touched)
    union all
    select claim_family_key, claim_line_number, n_rows, false as is_final
    from {work}.int_claim_excluded
    where claim_family_key in (select claim_link_key from touched)
),

answered as (
    select
        claim_family_key,
        sum(n_rows) as n_rows,
        count(*) filter (where is_final) as final_rows,
        count(distinct claim_line_number) filter (where is_final) as final_lines
    from answer
    group by claim_family_key
)

select
    delivered.n_rows is distinct from answered.n_rows
    or answered.final_rows <> answered.final_lines as failed
from delivered
full join answered on answered.claim_family_key = delivered.claim_family_key
