-- One row per period and slice: the treatment classes share one denominator and fill it.
select
    sum(numerator) filter (where measure not in ('treatment_changed', 'diagnosis_and_treatment_changed'))
    <> max(denominator)
    or min(denominator) <> max(denominator) as failed
from {work}.mart_treatment_change
group by period_grain, period, slice, slice_value
