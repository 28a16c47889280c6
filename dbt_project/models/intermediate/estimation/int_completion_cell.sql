{#- A view: the triangles that completion factors are estimated from, cell by cell. A claim paid before its service
    is known at once. -#}
with

claim_increment as (
    select * from {{ ref('int_claim_increment') }}
),

first_claim as (
    select * from {{ ref('int_first_procedure_claim') }}
),

entry as (
    select
        payor_id,
        'amount' as measure,
        claim_type as cell,
        incurred_on,
        greatest(known_on, incurred_on) as known_on,
        allowed_change as added,
        case when known_on = first_known_on then 1 else 0 end as claims
    from claim_increment
    union all
    select
        payor_id,
        'count' as measure,
        family_id as cell,
        event_date as incurred_on,
        greatest(known_on, event_date) as known_on,
        1 as added,
        1 as claims
    from first_claim
)

select
    payor_id,
    measure,
    cell,
    cast(date_trunc('month', incurred_on) as date) as incurred_month,
    cast(date_trunc('month', known_on) as date) as known_month,
    cast(sum(added) as numeric(18, 4)) as added,
    cast(sum(claims) as bigint) as claims
from entry
group by payor_id, measure, cell, date_trunc('month', incurred_on), date_trunc('month', known_on)
