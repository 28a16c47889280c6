{#- A view: only the estimation of a new basis reads it. Lines of one operation stand within three days of each other;
    the first claim of any of them makes it known. -#}
with

event as (
    select * from {{ ref('int_procedure_event') }}
    where person_key is not null and event_date is not null
),

known as (
    select
        claim_family_key,
        min(first_known_on) as known_on
    from {{ ref('int_claim_increment') }}
    group by claim_family_key
),

dated as (
    select
        event.payor_id,
        event.person_key,
        event.family_id,
        event.event_date,
        known.known_on,
        event.event_date - lag(event.event_date) over (
            partition by event.person_key, event.family_id
            order by event.event_date, event.procedure_event_key
        ) as days_since
    from event
    inner join known
        on event.claim_family_key = known.claim_family_key
),

numbered as (
    select
        *,
        sum(case when days_since <= 3 then 0 else 1 end) over (
            partition by person_key, family_id
            order by event_date
            range unbounded preceding
        ) as operation_no
    from dated
)

select
    payor_id,
    person_key,
    family_id,
    min(event_date) as event_date,
    min(known_on) as known_on
from numbered
group by payor_id, person_key, family_id, operation_no
