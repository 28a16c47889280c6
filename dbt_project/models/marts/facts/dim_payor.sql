with

context as (
    select * from {{ source('work', 'run_context') }}
),

claim_line as (
    select * from {{ ref('int_claim_line') }}
),

served as (
    select
        min(service_date) as first_service_date,
        max(service_date) as last_service_date
    from claim_line
)

select
    context.payor_id,
    context.payor_name,
    context.country_code,
    context.region,
    context.currency_code,
    context.time_zone,
    context.runout_months,
    served.first_service_date,
    served.last_service_date
from context
cross join served
