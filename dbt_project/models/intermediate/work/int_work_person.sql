with

{{ pending_change() }},

vault_person as (
    select * from {{ source('vault', 'person') }}
    where payor_id = '{{ var("payor") }}'
),

claim_row as (
    select * from {{ ref('int_work_claim_row') }}
),

pharmacy_row as not materialized (
    select * from {{ ref('stg_pharmacy_claim') }}
),

changed_person as (
    select cast(key as uuid) as person_key
    from pending_change
    where entity = 'person'
),

-- every version counts: a correction may have moved the claim to another person
family_person as (
    select claim_row.person_key
    from claim_row
),

moved_claim as (
    select pharmacy_row.claim_id
    from pharmacy_row
    where pharmacy_row.person_key in (select changed_person.person_key from changed_person)
),

pharmacy_person as (
    select pharmacy_row.person_key
    from pharmacy_row
    where pharmacy_row.claim_id in (select moved_claim.claim_id from moved_claim)
),

-- nothing is built yet: everybody, without asking the claims
every_person as (
    select vault_person.person_key
    from vault_person
    where {{ is_first_build('int_claim_line') }} or (select whole_change.is_whole from whole_change)
),

touched as (
    select person_key from changed_person
    union all
    select person_key from family_person
    union all
    select person_key from pharmacy_person
    union all
    select person_key from every_person
)

-- distinct: a person is touched through several rows
select distinct person_key
from touched
where person_key is not null
