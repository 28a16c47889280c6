-- One row: the paid amount shown to readers is that of the final medical and pharmacy lines.
with line as (
    select paid_amount from {work}.int_claim_line
    union all
    select paid_amount from {work}.int_pharmacy_line
)

select
    shown.numerator is distinct from (
        select coalesce(sum(line.paid_amount), 0) from line
    ) as failed
from {work}.mart_utilisation as shown
where shown.measure = 'paid_amount'
    and shown.period_grain = 'all'
    and shown.slice = 'total'
