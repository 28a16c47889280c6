-- One row per perspective of the headline: fees re-add exactly from the fee rows.
select
    headline.numerator is distinct from (
        select coalesce(sum(fee.fee_amount), 0)
        from {work}.fct_programme_fee as fee
        where fee.maturity = 'closed'
    ) as failed
from {work}.mart_cost_savings as headline
where headline.measure = 'programme_fees'
    and headline.period_grain = 'all'
    and headline.slice = 'total'
    and headline.maturity = 'closed'
    and headline.numerator is not null
