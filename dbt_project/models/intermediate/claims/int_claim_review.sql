{#- The great majority of claims come once, in one plain version: they are final as they are. All others are listed
    here and judged row by row. One pass over narrow columns, no sort: a line number repeats where the sum of the
    bits differs from their union (lines beyond 61 are judged in any case). -#}
with

family as (
    select * from {{ ref('int_claim_family') }}
),

claim_row as not materialized (
    {{ claim_rows() }}
),

-- what a remittance says of the claim
paid as not materialized (
    select * from {{ ref('int_claim_paid') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

narrow_row as (
    select
        claim_row.*,
        coalesce(family.claim_family_key, claim_row.claim_link_key) as claim_family_key,
        case
            when claim_row.claim_line_number between 0 and 61
                then cast(1 as bigint) << claim_row.claim_line_number
        end as line_bit
    from claim_row
    left join family
        on claim_row.claim_link_key = family.claim_link_key
)

select claim_family_key
from narrow_row
group by claim_family_key
having
    bool_or(adjustment_type <> 'original')
    or claim_family_key in (select paid.claim_family_key from paid)
    or bool_or(coalesce(claim_paid_amount, claim_allowed_amount, claim_charge_amount) is not null)
    or min(claim_id) <> max(claim_id)
    or min(sender_sequence) <> max(sender_sequence)
    or min(adjudicated_date) <> max(adjudicated_date)
    or count(adjudicated_date) not in (0, count(*))
    or min(file_date) <> max(file_date)
    or count(file_date) not in (0, count(*))
    or min(cast(person_key as text)) <> max(cast(person_key as text))
    or count(line_bit) <> count(*)
    or sum(line_bit) <> bit_or(line_bit)
