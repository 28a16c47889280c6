-- One row per additive measure and slice: the slice's values add up to the total.
with measured as (
    select measure, '' as perspective, period_grain, period, slice, maturity, numerator
    from {work}.mart_avoided_procedure
    where measure = 'procedures_proposed' or measure like 'status\_%'
    union all
    select measure, perspective, period_grain, period, slice, maturity, numerator
    from {work}.mart_cost_savings
    where measure = 'cases'
),

summed as (
    select measure, perspective, period_grain, period, slice, maturity, sum(numerator) as numerator
    from measured
    group by measure, perspective, period_grain, period, slice, maturity
)

select slice.numerator is distinct from total.numerator as failed
from summed as slice
inner join summed as total
    on total.measure = slice.measure
    and total.perspective = slice.perspective
    and total.period_grain = slice.period_grain
    and total.period = slice.period
    and total.maturity = slice.maturity
    and total.slice = 'total'
where slice.slice <> 'total'
