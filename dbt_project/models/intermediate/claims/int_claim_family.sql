{#- A family is what hangs together by links. Its key is that of the claim nobody else's version: the top. Links may
    run in a circle (then every claim of the circle is a top), and a claim may hang under several tops (then these
    are one family); the smallest key speaks. -#}
with recursive

link as materialized (
    select distinct
        child_key,
        parent_key
    from {{ ref('int_claim_link') }}
    where {{ touched('child_key', 'int_work_claim_family', 'claim_family_key') }}
),

-- union: ends also where links run in a circle
ancestor as (
    select
        child_key as claim_link_key,
        parent_key as ancestor_key
    from link
    union
    select
        ancestor.claim_link_key,
        link.parent_key as ancestor_key
    from ancestor
    inner join link
        on ancestor.ancestor_key = link.child_key
),

circle as (
    select claim_link_key from ancestor
    where claim_link_key = ancestor_key
),

top_claim as (
    select parent_key as top_key from link
    where parent_key not in (select link.child_key from link)
    union
    select claim_link_key as top_key from circle
),

-- a top is its own top
under as (
    select
        ancestor.claim_link_key,
        top_claim.top_key
    from ancestor
    inner join top_claim
        on ancestor.ancestor_key = top_claim.top_key
    union
    select
        top_key as claim_link_key,
        top_key
    from top_claim
),

first_top as (
    select
        claim_link_key,
        min(top_key) as first_top_key
    from under
    group by claim_link_key
),

-- tops that share a claim, both ways
shared as (
    select
        under.top_key,
        first_top.first_top_key as other_key
    from under
    inner join first_top
        on under.claim_link_key = first_top.claim_link_key
    where under.top_key <> first_top.first_top_key
    union
    select
        first_top.first_top_key as top_key,
        under.top_key as other_key
    from under
    inner join first_top
        on under.claim_link_key = first_top.claim_link_key
    where under.top_key <> first_top.first_top_key
),

together as (
    select
        top_key,
        other_key
    from shared
    union
    select
        together.top_key,
        shared.other_key
    from together
    inner join shared
        on together.other_key = shared.top_key
),

family_of_top as (
    select
        top_claim.top_key,
        least(top_claim.top_key, min(together.other_key)) as claim_family_key
    from top_claim
    left join together
        on top_claim.top_key = together.top_key
    group by top_claim.top_key
),

depth as (
    select
        claim_link_key,
        cast(count(*) as integer) as depth
    from ancestor
    group by claim_link_key
),

labelled as (
    select
        first_top.claim_link_key,
        family_of_top.claim_family_key,
        coalesce(depth.depth, 0) as depth,
        circle.claim_link_key is not null as is_in_circle
    from first_top
    inner join family_of_top
        on first_top.first_top_key = family_of_top.top_key
    left join depth
        on first_top.claim_link_key = depth.claim_link_key
    left join circle
        on first_top.claim_link_key = circle.claim_link_key
)

select
    claim_link_key,
    claim_family_key,
    depth,
    bool_or(is_in_circle) over (partition by claim_family_key) as is_circular
from labelled
