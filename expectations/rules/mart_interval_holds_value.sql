-- One row per published aggregate with an interval: the interval holds its value.
with measured as (
    select value, lower, upper from {work}.mart_diagnosis_change
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_treatment_change
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_opinion_process
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_literature_benchmark
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_avoided_procedure
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_cost_savings
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_utilisation
    where lower is not null or upper is not null
    union all
    select value, lower, upper from {work}.mart_adoption
    where lower is not null or upper is not null
)

select not coalesce(value between lower and upper, false) as failed
from measured
