{#- A family is what hangs together by links. Its key is that of its top: the claim that changes no other. Links may
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

top_ancestor as (
    select
        *,
        ancestor_key not in (select link.child_key from link) as is_top,
        bool_or(claim_link_key = ancestor_key) over (partition by ancestor_key) as is_in_circle
    from ancestor
),

under as (
    select
        claim_link_key,
        cast(count(*) as integer) as depth,
        min(case when is_top or is_in_circle then ancestor_key end) as first_top_key,
        max(case when is_top or is_in_circle then ancestor_key end) as last_top_key,
        bool_or(is_in_circle) as is_under_circle
    from top_ancestor
    group by claim_link_key
    union all
    -- distinct: many claims hang under one
    select distinct
        ancestor_key as claim_link_key,
        0 as depth,
        ancestor_key as first_top_key,
        ancestor_key as last_top_key,
        false as is_under_circle
    from top_ancestor
    where is_top
),

-- tops that share a claim, both ways
shared as (
    select
        under.first_top_key as top_key,
        top_ancestor.ancestor_key as other_key
    from under
    inner join top_ancestor
        on under.claim_link_key = top_ancestor.claim_link_key
    where
        under.first_top_key <> under.last_top_key
        and (top_ancestor.is_top or top_ancestor.is_in_circle)
    union
    select
        top_ancestor.ancestor_key as top_key,
        under.first_top_key as other_key
    from under
    inner join top_ancestor
        on under.claim_link_key = top_ancestor.claim_link_key
    where
        under.first_top_key <> under.last_top_key
        and (top_ancestor.is_top or top_ancestor.is_in_circle)
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

merged as (
    select
        top_key,
        min(other_key) as claim_family_key
    from together
    group by top_key
),

labelled as (
    select
        under.claim_link_key,
        coalesce(merged.claim_family_key, under.first_top_key) as claim_family_key,
        under.depth,
        under.is_under_circle
    from under
    left join merged
        on under.first_top_key = merged.top_key
)

select
    claim_link_key,
    claim_family_key,
    depth,
    bool_or(is_under_circle) over (partition by claim_family_key) as is_circular
from labelled
