-- One row per class: its share in the latest quarter of at least 30 cases lies within three standard errors of
-- its share in the quarters before.
with

quarter as (
    select measure, period, numerator, denominator
    from {work}.mart_diagnosis_change
    where period_grain = 'quarter'
        and slice = 'total'
        and measure in (
            'diagnosis_confirmed', 'diagnosis_refined', 'diagnosis_changed', 'diagnosis_undetermined'
        )
),

latest as (
    select * from quarter
    where period = (select max(known.period) from quarter as known where known.denominator >= 30)
),

before as (
    select quarter.measure, sum(quarter.numerator) as numerator, sum(quarter.denominator) as denominator
    from quarter
    inner join latest on latest.measure = quarter.measure and quarter.period < latest.period
    group by quarter.measure
    having sum(quarter.denominator) >= 30
),

compared as (
    select
        latest.numerator / latest.denominator as share,
        before.numerator / before.denominator as share_before,
        (latest.numerator + before.numerator) / (latest.denominator + before.denominator) as pooled,
        1 / latest.denominator + 1 / before.denominator as inverse
    from latest
    inner join before on before.measure = latest.measure
)

select abs(share - share_before) > 3 * sqrt(pooled * (1 - pooled) * inverse) as failed
from compared
