-- One row per period and slice: the statuses add up to the procedures proposed.
select
    coalesce(sum(numerator) filter (where measure like 'status\_%'
        and measure <> 'status_not_applicable'), 0)
    <> coalesce(sum(numerator) filter (where measure = 'procedures_proposed'), 0) as failed
from {work}.mart_avoided_procedure
where measure = 'procedures_proposed' or measure like 'status\_%'
group by period_grain, period, slice, slice_value
