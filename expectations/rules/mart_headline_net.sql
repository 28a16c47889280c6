-- One row per perspective of the headline: net = gross - fees, to the cent.
select
    max(numerator) filter (where measure = 'verified_net')
    is distinct from max(numerator) filter (where measure = 'verified_gross')
    - max(numerator) filter (where measure = 'programme_fees') as failed
from {work}.mart_cost_savings
where measure in ('verified_net', 'verified_gross', 'programme_fees')
    and period_grain = 'all'
    and slice = 'total'
    and maturity = 'closed'
group by perspective
