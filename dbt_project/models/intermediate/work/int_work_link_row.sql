with

changed as (
    select * from {{ ref('int_work_claim_link') }}
),

claim_row as not materialized (
    select * from {{ ref('stg_medical_claim') }}
)

-- a first build takes every row from where it is
select claim_row.*
from changed
inner join claim_row
    on changed.claim_link_key = claim_row.claim_link_key
where not {{ is_first_build('int_claim_line') }}
