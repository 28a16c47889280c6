with

{{ pending_change() }},

claim_row as (
    select * from {{ ref('stg_medical_claim') }}
),

changed_claim as (
    select key as claim_link_key
    from pending_change
    where entity = 'claim_family' and key <> ''
),

-- a change without a key stands for every claim of a large file
delivered_claim as (
    select claim_row.claim_link_key
    from claim_row
    where
        claim_row.receipt_id in (
            select pending_change.receipt_id
            from pending_change
            where pending_change.entity = 'claim_family' and pending_change.key = ''
        )
),

every_claim as (
    select claim_row.claim_link_key
    from claim_row
    where (select whole_change.is_whole from whole_change)
)

-- union: a claim changes once per delivered file
select claim_link_key from changed_claim
union
select claim_link_key from delivered_claim
union
select claim_link_key from every_claim
