{#- Headline and slices of the ledger. Fees belong to no slice: only the total has net, ROI and BCR. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

opinion as (
    select * from {{ ref('fct_second_opinion') }}
),

savings as (
    select * from {{ ref('fct_case_savings') }}
),

fee as (
    select * from {{ ref('fct_programme_fee') }}
    where maturity = 'closed'
),

member_month as (
    select * from {{ ref('int_member_month') }}
),

cohort_quarter as (
    select * from {{ ref('int_cohort_quarter') }}
    where is_closed
),

interval_estimate as (
    select * from {{ source('work', 'interval_estimate') }}
),

perspective as (
    select perspective.name as perspective
    from (values ('system'), ('payor')) as perspective (name)
),

weighted as (
    select
        opinion.*,
        savings.perspective,
        savings.modelled_gross,
        savings.is_estimable and savings.is_observed_to_window_end as is_weighted,
        savings.gross_savings / nullif(savings.enrolment_survival, 0) as weighted_gross,
        1 / nullif(savings.enrolment_survival, 0) as weight
    from savings
    inner join opinion
        on savings.case_key = opinion.case_key
),

case_cell as (
    select
        cell.*,
        weighted.perspective,
        weighted.modelled_gross,
        weighted.is_weighted,
        weighted.weighted_gross,
        weighted.weight
    from weighted
    cross join lateral (
        select
            cohort.*,
            period.*,
            slice.*
        -- a closed case counts among the closed and among all
        from (values ('all'), (nullif(weighted.maturity, 'open'))) as cohort (maturity)
        cross join {{ period_values(['quarter'], 'weighted.delivered_date') }} as period (period_grain, period)
        cross join {{ slice_values('weighted') }} as slice (slice, slice_value)
        where cohort.maturity is not null
    ) as cell
),

summed as (
    select
        perspective,
        maturity,
        period_grain,
        period,
        slice,
        slice_value,
        count(*) as cases,
        sum(modelled_gross) as modelled_gross,
        sum(weighted_gross) filter (where is_weighted) as verified_gross,
        sum(weight) filter (where is_weighted) as weights,
        sum(weight * weight) filter (where is_weighted) as squared_weights
    from case_cell
    group by perspective, maturity, period_grain, period, slice, slice_value
),

-- a closed quarter costs its fees even when nobody used the programme in it
paid as (
    select
        period.period_grain,
        period.period,
        sum(fee.fee_amount) as programme_fees
    from fee
    cross join lateral {{ period_values(['quarter'], 'fee.fee_month') }} as period (period_grain, period)
    group by period.period_grain, period.period
),

eligible as (
    select
        period.period_grain,
        period.period,
        count(*) as member_months
    from member_month
    inner join cohort_quarter
        on cast(date_trunc('quarter', member_month.month_start) as date) = cohort_quarter.cohort_quarter
    cross join lateral {{ period_values(['quarter'], 'member_month.month_start') }} as period (period_grain, period)
    group by period.period_grain, period.period
),

-- union: the headline and every closed quarter with a case or a fee, each once
printed as (
    select
        perspective.perspective,
        cohort.maturity,
        'all' as period_grain,
        'all' as period,
        'total' as slice,
        'all' as slice_value
    from perspective
    cross join (values ('closed'), ('all')) as cohort (maturity)
    union
    select
        perspective.perspective,
        'closed' as maturity,
        paid.period_grain,
        paid.period,
        'total' as slice,
        'all' as slice_value
    from paid
    cross join perspective
    union
    select
        perspective,
        maturity,
        period_grain,
        period,
        slice,
        slice_value
    from summed
),

headline as (
    select
        printed.*,
        context.currency_code,
        printed.slice = 'total' and printed.maturity = 'closed' as has_fees,
        coalesce(summed.cases, 0) as cases,
        round(coalesce(summed.modelled_gross, 0), context.minor_units) as modelled_gross,
        round(coalesce(summed.verified_gross, 0), context.minor_units) as verified_gross,
        coalesce(paid.programme_fees, 0) as programme_fees,
        coalesce(eligible.member_months, 0) as member_months,
        round(summed.weights * summed.weights / nullif(summed.squared_weights, 0), 4) as effective_cases
    from printed
    cross join context
    left join summed
        on
            printed.perspective = summed.perspective
            and printed.maturity = summed.maturity
            and printed.period_grain = summed.period_grain
            and printed.period = summed.period
            and printed.slice = summed.slice
            and printed.slice_value = summed.slice_value
    left join paid
        on
            printed.period_grain = paid.period_grain
            and printed.period = paid.period
    left join eligible
        on
            printed.period_grain = eligible.period_grain
            and printed.period = eligible.period
),

measured as (
    select
        headline.*,
        measure.measure,
        measure.numerator,
        measure.denominator,
        measure.has_denominator,
        measure.is_money
    from headline
    cross join
        lateral (
            values
            ('cases', cast(headline.cases as numeric), cast(null as numeric), false, false, true),
            ('modelled_gross', headline.modelled_gross, null, false, true, true),
            ('verified_gross', headline.verified_gross, null, false, true, headline.maturity = 'closed'),
            (
                'effective_cases',
                coalesce(headline.effective_cases, 0),
                null,
                false,
                false,
                headline.maturity = 'closed'
            ),
            (
                'capture_ratio_gross',
                headline.verified_gross,
                headline.modelled_gross,
                true,
                false,
                headline.maturity = 'closed'
            ),
            ('programme_fees', headline.programme_fees, null, false, true, headline.has_fees),
            (
                'verified_net',
                headline.verified_gross - headline.programme_fees,
                null,
                false,
                true,
                headline.has_fees
            ),
            (
                'roi_net',
                headline.verified_gross - headline.programme_fees,
                headline.programme_fees,
                true,
                false,
                headline.has_fees
            ),
            ('bcr', headline.verified_gross, headline.programme_fees, true, false, headline.has_fees),
            (
                'pmpm_impact',
                headline.verified_gross - headline.programme_fees,
                headline.member_months,
                true,
                true,
                headline.has_fees
            )
        ) as measure (measure, numerator, denominator, has_denominator, is_money, is_printed)
    where measure.is_printed
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    measured.measure,
    measured.perspective,
    measured.period_grain,
    measured.period,
    measured.slice,
    measured.slice_value,
    cast(measured.numerator as numeric(18, 4)) as numerator,
    cast(measured.denominator as numeric(18, 4)) as denominator,
    cast(
        case
            when measured.has_denominator then {{ ratio('measured.numerator', 'measured.denominator') }}
            else measured.numerator
        end as numeric(28, 8)
    ) as value,
    cast(interval_estimate.lower as numeric(28, 8)) as lower,
    cast(interval_estimate.upper as numeric(28, 8)) as upper,
    case when measured.measure in ('cases', 'effective_cases') then '' else 'E' end as evidence_grade,
    measured.maturity,
    case when measured.is_money then measured.currency_code else '' end as currency_code
from measured
left join interval_estimate
    on
        measured.period_grain = 'all'
        and measured.maturity = 'closed'
        and measured.measure = interval_estimate.measure
        and measured.perspective = interval_estimate.perspective
        and measured.slice = interval_estimate.slice
        and measured.slice_value = interval_estimate.slice_value
