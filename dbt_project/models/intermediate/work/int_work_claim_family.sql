{#- Whatever hangs together with a changed claim, over any number of replacements: families grow together when a
    link arrives, so that the keys of all their claims, old family keys among them, are on the list. -#}
with recursive

changed as (
    select * from {{ ref('int_work_claim_link') }}
),

link as not materialized (
    select * from {{ ref('int_claim_link') }}
),

neighbour as not materialized (
    select
        child_key as claim_link_key,
        parent_key as next_key
    from link
    union all
    select
        parent_key as claim_link_key,
        child_key as next_key
    from link
),

reached as (
    select neighbour.next_key as claim_link_key
    from changed
    inner join neighbour
        on changed.claim_link_key = neighbour.claim_link_key
    union
    select neighbour.next_key as claim_link_key
    from reached
    inner join neighbour
        on reached.claim_link_key = neighbour.claim_link_key
)

select claim_link_key as claim_family_key from changed
union all
select claim_link_key as claim_family_key from reached
where claim_link_key not in (select changed.claim_link_key from changed)
