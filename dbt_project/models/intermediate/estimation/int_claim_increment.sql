{#- A view: only the estimation of a new basis reads it, once a month. What each version changed, on the day it was
    paid: the changes of a claim add up to its final action, and before that to what was known at the time. -#}
with

claim_row as (
    select * from {{ ref('stg_medical_claim') }}
),

family as (
    select * from {{ ref('int_claim_family') }}
),

review as (
    select * from {{ ref('int_claim_review') }}
),

version_row as (
    select
        *,
        {{ payor_term('adjustments') }} as style,
        {{ signed_amount('allowed_amount') }} as signed_allowed
    from {{ ref('int_claim_version') }}
    where copy_no = 1
),

verdict as (
    select * from {{ ref('int_claim_verdict') }}
),

-- the receipt's day speaks only where the sender gives none: a first load brings years at once
keyed_row as (
    select
        claim_row.receipt_id,
        claim_row.record_no,
        claim_row.expansion_no,
        claim_row.payor_id,
        claim_row.claim_type,
        claim_row.service_date,
        claim_row.allowed_amount,
        coalesce(family.claim_family_key, claim_row.claim_link_key) as claim_family_key,
        coalesce(claim_row.paid_date, claim_row.adjudicated_date, claim_row.received_date) as known_on
    from claim_row
    left join family
        on claim_row.claim_link_key = family.claim_link_key
),

-- a claim that waits for its original, or contradicts itself, is in no figure and in no triangle
refused as (
    select claim_family_key
    from verdict
    group by claim_family_key
    having bool_or(state in ('excluded', 'held'))
),

plain_change as (
    select
        keyed_row.payor_id,
        keyed_row.claim_family_key,
        keyed_row.claim_type,
        keyed_row.service_date,
        keyed_row.known_on,
        keyed_row.allowed_amount as allowed_change
    from keyed_row
    where
        not exists (
            select 1
            from review
            where review.claim_family_key = keyed_row.claim_family_key
        )
),

-- a replacement says the whole claim anew, the other styles speak of a line
version_total as (
    select
        version_row.claim_family_key,
        version_row.style,
        case when version_row.style <> 'replacement' then version_row.claim_line_number end as level_line,
        case
            when version_row.style = 'replacement' then version_row.version_rank
            else version_row.line_version_rank
        end as level_rank,
        min(keyed_row.payor_id) as payor_id,
        min(keyed_row.claim_type) as claim_type,
        min(keyed_row.service_date) as service_date,
        min(keyed_row.known_on) as known_on,
        sum(version_row.signed_allowed) as signed_amount,
        case
            when bool_or(version_row.is_reversal) then 0
            else coalesce(
                nullif(sum(version_row.allowed_amount), 0),
                -- stated once for the whole claim, as on each of its lines
                max(version_row.claim_allowed_amount),
                0
            )
        end as stated_amount
    from version_row
    inner join keyed_row
        on
            version_row.receipt_id = keyed_row.receipt_id
            and version_row.record_no = keyed_row.record_no
            and version_row.expansion_no = keyed_row.expansion_no
    where
        not exists (
            select 1
            from refused
            where refused.claim_family_key = version_row.claim_family_key
        )
    group by
        version_row.claim_family_key,
        version_row.style,
        case when version_row.style <> 'replacement' then version_row.claim_line_number end,
        case
            when version_row.style = 'replacement' then version_row.version_rank
            else version_row.line_version_rank
        end
),

version_change as (
    select
        *,
        case
            when style = 'reversal_pair' then signed_amount
            else stated_amount - coalesce(
                lag(stated_amount) over (
                    partition by claim_family_key, level_line
                    order by level_rank desc
                ),
                0
            )
        end as allowed_change
    from version_total
),

change as (
    select
        payor_id,
        claim_family_key,
        claim_type,
        service_date,
        known_on,
        allowed_change
    from plain_change
    union all
    select
        payor_id,
        claim_family_key,
        claim_type,
        service_date,
        known_on,
        allowed_change
    from version_change
),

described as (
    select
        *,
        min(claim_type) over claim as type_of_claim,
        min(service_date) over claim as incurred_on,
        min(known_on) over claim as first_known_on
    from change
    window claim as (partition by claim_family_key)
)

select
    payor_id,
    claim_family_key,
    known_on,
    type_of_claim as claim_type,
    incurred_on,
    first_known_on,
    cast(sum(coalesce(allowed_change, 0)) as numeric(18, 4)) as allowed_change
from described
where incurred_on is not null
group by payor_id, claim_family_key, known_on, type_of_claim, incurred_on, first_known_on
