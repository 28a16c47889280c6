with

{{ pending_change() }},

claim_row as (
    select * from {{ ref('stg_medical_claim') }}
),

changed_family as (
    select key as claim_family_key
    from pending_change
    where entity = 'claim_family'
),

every_family as (
    select claim_row.claim_family_key
    from claim_row
    where (select whole_change.is_whole from whole_change)
)

-- union: a family changes once per delivered line
select claim_family_key from changed_family
union
select claim_family_key from every_family
