-- One row per row of money: the payor's currency stands beside it.
with money as (
    select currency_code from {work}.fct_case_savings
    union all
    select currency_code from {work}.fct_case_claim
    union all
    select currency_code from {work}.fct_programme_fee
    union all
    select currency_code from {work}.fct_second_opinion where fee_amount is not null
    union all
    select currency_code from {work}.mart_cost_savings
    where measure in ('modelled_gross', 'verified_gross', 'verified_net', 'programme_fees')
)

select currency_code is distinct from '{currency}' as failed
from money
