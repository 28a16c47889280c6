with

{{ pending_change() }},

claim_family as (
    select * from {{ ref('int_work_claim_family') }}
),

claim_line as not materialized (
    select * from {{ ref('int_claim_line') }}
),

changed_person as (
    select cast(key as uuid) as person_key
    from pending_change
    where entity = 'person'
),

person_family as (
    select claim_line.claim_family_key
    from changed_person
    inner join claim_line
        on changed_person.person_key = claim_line.person_key
    where not {{ is_first_build('int_claim_unenrolled') }}
)

-- union: a family has many lines
select claim_family_key from claim_family
union
select claim_family_key from person_family
