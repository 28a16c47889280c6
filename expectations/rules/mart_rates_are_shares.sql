-- One row per published rate of cases or procedures: it is a share, numerator over denominator.
with measured as (
    select numerator, denominator, value from {work}.mart_diagnosis_change
    where denominator is not null
    union all
    select numerator, denominator, value from {work}.mart_treatment_change
    where denominator is not null
    union all
    select numerator, denominator, value from {work}.mart_opinion_process
    where denominator is not null
    union all
    select numerator, denominator, value from {work}.mart_avoided_procedure
    where denominator is not null
)

select
    numerator < 0
    or numerator > denominator
    or (denominator > 0 and abs(value - numerator / denominator) > 0.00000001) as failed
from measured
