-- One row: the paid amount shown to readers is the paid amount of the final claim lines.
select
    shown.numerator is distinct from (
        select sum(coalesce(line.paid_amount, 0)) from {work}.int_claim_line as line
    ) as failed
from {work}.mart_utilisation as shown
where shown.measure = 'paid_amount'
    and shown.period_grain = 'all'
    and shown.slice = 'total'
