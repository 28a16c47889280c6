-- To the cent: the listed claim lines of a case are its observed cost. A rendered and denied operation is the one
-- exception: the system is charged what it usually costs.
with

context as (
    select * from {{ ref('int_fact_context') }}
),

case_claim as (
    select * from {{ ref('fct_case_claim') }}
),

savings as (
    select * from {{ ref('fct_case_savings') }}
),

denied as (
    select case_key
    from {{ ref('fct_procedure_decision') }}
    where is_performed_denied
),

listed as (
    select
        case_claim.case_key,
        perspective.name as perspective,
        sum(perspective.amount) filter (where case_claim.component = 'procedure') as procedure_cost,
        sum(perspective.amount) filter (where case_claim.component = 'alternative') as alternative_cost,
        sum(perspective.amount) filter (where case_claim.component = 'induced') as induced_cost
    from case_claim
    cross join
        lateral (
            values
            ('system', case_claim.allowed_amount),
            ('payor', case_claim.paid_amount)
        ) as perspective (name, amount)
    group by case_claim.case_key, perspective.name
)

select
    coalesce(savings.case_key, listed.case_key) as case_key,
    coalesce(savings.perspective, listed.perspective) as perspective
from savings
full outer join listed
    on
        savings.case_key = listed.case_key
        and savings.perspective = listed.perspective
cross join context
where
    savings.case_key is null
    or savings.alternative_cost <> round(coalesce(listed.alternative_cost, 0), context.minor_units)
    or savings.induced_cost <> round(coalesce(listed.induced_cost, 0), context.minor_units)
    or (
        savings.procedure_cost <> round(coalesce(listed.procedure_cost, 0), context.minor_units)
        and not (
            savings.perspective = 'system'
            and savings.case_key in (select denied.case_key from denied)
        )
    )
