with

claim_row as not materialized (
    {{ changed_claim_rows() }}
),

named as (
    select
        claim_link_key,
        claim_own_key as child_key,
        claim_link_key as parent_key
    from claim_row
    where
        original_claim_id is not null
        and original_claim_id <> claim_id
),

numbered as (
    select
        claim_link_key,
        claim_own_key as child_key,
        claim_base_key as parent_key
    from claim_row
    where claim_base_key <> claim_own_key
)

-- union: a claim names another once per line
select * from named
union
select * from numbered
