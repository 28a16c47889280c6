-- Every one-way slice of a count adds up to its total; of money too, within the rounding of its values.
with

context as (
    select * from {{ source('work', 'run_context') }}
),

figure as (
    select
        measure,
        '' as perspective,
        maturity,
        period_grain,
        period,
        slice,
        numerator,
        currency_code
    from {{ ref('mart_diagnosis_change') }}
    where measure not like 'agreement%'
    union all
    select
        measure,
        '' as perspective,
        maturity,
        period_grain,
        period,
        slice,
        numerator,
        currency_code
    from {{ ref('mart_treatment_change') }}
    union all
    select
        measure,
        '' as perspective,
        maturity,
        period_grain,
        period,
        slice,
        numerator,
        currency_code
    from {{ ref('mart_avoided_procedure') }}
    union all
    select
        measure,
        '' as perspective,
        maturity,
        period_grain,
        period,
        slice,
        numerator,
        currency_code
    from {{ ref('mart_adoption') }}
    where measure <> 'utilisation_per_1000'
    union all
    select
        measure,
        perspective,
        maturity,
        period_grain,
        period,
        slice,
        numerator,
        currency_code
    from {{ ref('mart_cost_savings') }}
    where measure in ('cases', 'modelled_gross', 'verified_gross')
),

summed as (
    select
        measure,
        perspective,
        maturity,
        period_grain,
        period,
        slice,
        currency_code,
        count(*) as slice_values,
        sum(numerator) as numerator
    from figure
    group by measure, perspective, maturity, period_grain, period, slice, currency_code
)

select
    part.measure,
    part.perspective,
    part.period,
    part.slice,
    part.numerator,
    total.numerator as total_numerator
from summed as part
left join summed as total
    on
        part.measure = total.measure
        and part.perspective = total.perspective
        and part.maturity = total.maturity
        and part.period = total.period
        and part.period_grain = total.period_grain
        and total.slice = 'total'
cross join context
where
    total.numerator is null
    or abs(part.numerator - total.numerator) > case
        when part.currency_code = '' then 0
        else 0.5 * (part.slice_values + 1) * 10.0 ^ (-context.minor_units)
    end
