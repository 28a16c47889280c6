with

context as (
    select * from {{ source('work', 'run_context') }}
),

claim_line as (
    select * from {{ ref('int_claim_line') }}
),

pharmacy_line as (
    select * from {{ ref('int_pharmacy_line') }}
),

member_month as (
    select * from {{ ref('int_member_month') }}
),

-- a claim belongs to the month of its first service, so that months add up to all
medical_claim as (
    select
        min(claim_type) as claim_type,
        coalesce({{ month_label('min(service_date)') }}, 'unknown') as month_label,
        count(*) as claim_lines,
        sum(allowed_amount) as allowed_amount,
        sum(paid_amount) as paid_amount,
        sum(charge_amount) as charge_amount
    from claim_line
    group by claim_family_key
),

pharmacy_claim as (
    select
        'pharmacy' as claim_type,
        coalesce({{ month_label('min(dispensing_date)') }}, 'unknown') as month_label,
        count(*) as claim_lines,
        sum(allowed_amount) as allowed_amount,
        sum(paid_amount) as paid_amount,
        sum(charge_amount) as charge_amount
    from pharmacy_line
    group by claim_id
),

claim as (
    select * from medical_claim
    union all
    select * from pharmacy_claim
),

claim_cell as (
    select
        period.period_grain,
        period.period,
        slice.slice,
        slice.slice_value,
        count(*) as claims,
        sum(claim.claim_lines) as claim_lines,
        coalesce(sum(claim.allowed_amount), 0) as allowed_amount,
        coalesce(sum(claim.paid_amount), 0) as paid_amount,
        coalesce(sum(claim.charge_amount), 0) as charge_amount
    from claim
    cross join
        lateral (
            values
            ('all', 'all'),
            ('month', claim.month_label)
        ) as period (period_grain, period)
    cross join
        lateral (
            values
            ('total', 'all'),
            ('claim_type', claim.claim_type)
        ) as slice (slice, slice_value)
    group by period.period_grain, period.period, slice.slice, slice.slice_value
),

claim_headline as (
    select * from claim_cell
    union all
    {{ headline_if_empty(
        'claim_cell',
        {'period_grain': 'all', 'period': 'all', 'slice': 'total', 'slice_value': 'all'},
        ['claims', 'claim_lines', 'allowed_amount', 'paid_amount', 'charge_amount']
    ) }}
),

member_cell as (
    select
        period.period_grain,
        period.period,
        count(*) as member_months,
        count(distinct member_month.person_key) as members
    from member_month
    cross join lateral {{ period_values(['month'], 'member_month.month_start') }} as period (period_grain, period)
    group by period.period_grain, period.period
),

member_headline as (
    select * from member_cell
    union all
    {{ headline_if_empty(
        'member_cell', {'period_grain': 'all', 'period': 'all'}, ['member_months', 'members']
    ) }}
),

measured as (
    select
        claim_headline.period_grain,
        claim_headline.period,
        claim_headline.slice,
        claim_headline.slice_value,
        measure.*
    from claim_headline
    cross join
        lateral (
            values
            ('claims', cast(claim_headline.claims as numeric), false),
            ('claim_lines', claim_headline.claim_lines, false),
            ('allowed_amount', claim_headline.allowed_amount, true),
            ('paid_amount', claim_headline.paid_amount, true),
            ('charge_amount', claim_headline.charge_amount, true)
        ) as measure (measure, numerator, is_money)
    union all
    select
        member_headline.period_grain,
        member_headline.period,
        'total' as slice,
        'all' as slice_value,
        measure.*
    from member_headline
    cross join lateral (
        values
        ('member_months', cast(member_headline.member_months as numeric), false),
        ('members', member_headline.members, false)
    ) as measure (measure, numerator, is_money)
)

select
    context.payor_id,
    measured.measure,
    measured.period_grain,
    measured.period,
    measured.slice,
    measured.slice_value,
    cast(measured.numerator as numeric(18, 4)) as numerator,
    cast(null as numeric(18, 4)) as denominator,
    cast(measured.numerator as numeric(28, 8)) as value,
    cast(null as numeric(28, 8)) as lower,
    cast(null as numeric(28, 8)) as upper,
    cast('' as text) as evidence_grade,
    cast('all' as text) as maturity,
    case when measured.is_money then context.currency_code else '' end as currency_code
from measured
cross join context
