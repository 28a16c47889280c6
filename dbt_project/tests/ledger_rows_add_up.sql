-- O is the sum of its parts, gross is E0 - O, net is gross less the fee; only a denial may cap gross, at zero.
with

savings as (
    select * from {{ ref('fct_case_savings') }}
),

denied as (
    select case_key
    from {{ ref('fct_procedure_decision') }}
    where is_performed_denied
)

select
    savings.case_key,
    savings.perspective
from savings
where
    savings.observed_cost
    <> savings.procedure_cost + savings.alternative_cost + savings.substitute_cost + savings.induced_cost
    or savings.net_savings is distinct from savings.gross_savings - savings.case_fee
    or (savings.not_estimable_reason is null) <> savings.is_estimable
    or (savings.is_estimable and savings.gross_savings is null)
    or (
        savings.is_estimable
        and savings.gross_savings <> savings.expected_cost - savings.observed_cost
        and not (
            savings.perspective = 'payor'
            and savings.gross_savings = 0
            and savings.expected_cost > savings.observed_cost
            and savings.case_key in (select denied.case_key from denied)
        )
    )
