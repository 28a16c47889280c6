with

changed as (
    select * from {{ ref('int_work_claim_link') }}
),

family as (
    select * from {{ ref('int_work_claim_family') }}
),

reached as (
    select family.claim_family_key
    from family
    left join changed
        on family.claim_family_key = changed.claim_link_key
    where changed.claim_link_key is null
),

claim_row as not materialized (
    select * from {{ ref('stg_medical_claim') }}
)

-- a first build takes every row from where it is
select claim_row.*
from reached
inner join claim_row
    on reached.claim_family_key = claim_row.claim_link_key
where not {{ is_first_build('int_claim_line') }}
