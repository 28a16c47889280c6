with

context as (
    select * from {{ ref('int_fact_context') }}
),

opinion as (
    select * from {{ ref('int_case') }}
    where case_status in ('delivered', 'cancelled')
),

member_month as (
    select * from {{ ref('int_member_month') }}
),

cohort_quarter as (
    select * from {{ ref('int_cohort_quarter') }}
),

-- every billed case: also the cancelled, the unverifiable and those operated before
billed as (
    select
        cast(date_trunc('month', coalesce(opinion.t0, opinion.requested_date)) as date) as fee_month,
        round(coalesce(opinion.fee_amount, 0), context.minor_units) as fee_amount
    from opinion
    cross join context
),

case_fee as (
    select
        fee_month,
        cast('case' as text) as fee_kind,
        cast(count(*) as numeric) as quantity,
        cast(null as numeric) as rate,
        sum(fee_amount) as fee_amount
    from billed
    group by fee_month
),

month_members as (
    select
        month_start as fee_month,
        cast(count(*) as numeric) as quantity
    from member_month
    group by month_start
),

-- from the contract's first month, complete months only
pepm_fee as (
    select
        month_members.fee_month,
        cast('pepm' as text) as fee_kind,
        month_members.quantity,
        context.fee_pepm as rate,
        round(context.fee_pepm * month_members.quantity, context.minor_units) as fee_amount
    from month_members
    cross join context
    where
        context.fee_pepm > 0
        and month_members.fee_month >= date_trunc('month', context.contract_start)
        and {{ add_months('month_members.fee_month', 1) }} - 1 <= context.as_of
),

-- straight line over the contract; the last month takes the rounding rest
implementation_fee as (
    select
        {{ add_months("date_trunc('month', context.contract_start)", 'instalment.month_no - 1') }} as fee_month,
        cast('implementation' as text) as fee_kind,
        cast(1 as numeric) as quantity,
        cast(null as numeric) as rate,
        case
            when instalment.month_no = context.contract_months
                then
                    context.fee_implementation
                    - (context.contract_months - 1)
                    * round(context.fee_implementation / context.contract_months, context.minor_units)
            else round(context.fee_implementation / context.contract_months, context.minor_units)
        end as fee_amount
    from context
    cross join lateral generate_series(1, context.contract_months) as instalment (month_no)
    where context.fee_implementation > 0 and context.contract_start is not null
),

incurred as (
    select implementation_fee.*
    from implementation_fee
    cross join context
    where {{ add_months('implementation_fee.fee_month', 1) }} - 1 <= context.as_of
),

fee as (
    select * from case_fee
    union all
    select * from pepm_fee
    union all
    select * from incurred
)

select
    context.payor_id,
    fee.fee_month,
    fee.fee_kind,
    context.currency_code,
    cast(fee.quantity as numeric(18, 4)) as quantity,
    cast(fee.rate as numeric(18, 4)) as rate,
    cast(fee.fee_amount as numeric(18, 4)) as fee_amount,
    {{ quarter_label('fee.fee_month') }} as cohort_period,
    coalesce(cohort_quarter.maturity, 'open') as maturity
from fee
cross join context
left join cohort_quarter
    on cohort_quarter.cohort_quarter = cast(date_trunc('quarter', fee.fee_month) as date)
