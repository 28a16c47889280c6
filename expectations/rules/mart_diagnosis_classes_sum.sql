-- One row per period and slice: the diagnosis classes share one denominator and fill it.
select
    sum(numerator) <> max(denominator) or min(denominator) <> max(denominator) as failed
from {work}.mart_diagnosis_change
where measure in (
    'diagnosis_confirmed', 'diagnosis_refined', 'diagnosis_changed', 'diagnosis_undetermined'
)
group by period_grain, period, slice, slice_value
