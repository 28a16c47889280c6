with

context as (
    select * from {{ ref('int_fact_context') }}
),

index_case as (
    select * from {{ ref('int_case_index') }}
    where t0 is not null
),

cost_line as (
    select * from {{ ref('int_case_cost_line') }}
),

-- the system's cost is what was allowed, the payor's what it paid
priced as (
    select
        cost_line.case_key,
        cost_line.component,
        perspective.perspective,
        perspective.amount
    from cost_line
    cross join lateral (
        values
        ('system', cost_line.allowed_amount),
        ('payor', cost_line.paid_amount)
    ) as perspective (perspective, amount)
),

summed as (
    select
        case_key,
        perspective,
        sum(amount) filter (where component = 'procedure') as procedure_cost,
        sum(amount) filter (where component = 'alternative') as alternative_cost,
        sum(amount) filter (where component = 'induced') as induced_cost
    from priced
    group by case_key, perspective
)

select
    index_case.case_key,
    perspective.perspective,
    cast(round(coalesce(summed.procedure_cost, 0), context.minor_units) as numeric(18, 4)) as procedure_cost,
    cast(round(coalesce(summed.alternative_cost, 0), context.minor_units) as numeric(18, 4)) as alternative_cost,
    cast(round(coalesce(summed.induced_cost, 0), context.minor_units) as numeric(18, 4)) as induced_cost
from index_case
cross join (values ('system'), ('payor')) as perspective (perspective)
cross join context
left join summed
    on
        index_case.case_key = summed.case_key
        and perspective.perspective = summed.perspective
