-- One row per perspective of the headline: gross re-adds from the case ledger.
with ledger as (
    select
        perspective,
        sum(gross_savings / nullif(enrolment_survival, 0)) as gross
    from {work}.fct_case_savings
    where maturity = 'closed'
        and is_estimable
        and is_observed_to_window_end
    group by perspective
)

select abs(headline.numerator - coalesce(ledger.gross, 0)) > {minor_unit} as failed
from {work}.mart_cost_savings as headline
left join ledger on ledger.perspective = headline.perspective
where headline.measure = 'verified_gross'
    and headline.period_grain = 'all'
    and headline.slice = 'total'
    and headline.maturity = 'closed'
    and headline.numerator is not null
