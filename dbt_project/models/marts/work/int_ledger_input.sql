with

context as (
    select * from {{ ref('int_fact_context') }}
),

index_case as (
    select * from {{ ref('int_case_index') }}
    where t0 is not null
),

touched_case as (
    select * from {{ ref('int_touched_case') }}
),

opinion as (
    select * from {{ ref('int_case') }}
),

coverage as (
    select * from {{ ref('int_case_coverage') }}
),

decision as (
    select * from {{ ref('int_proposal_status') }}
),

cost as (
    select * from {{ ref('int_case_cost') }}
),

basis_parameter as (
    select * from {{ source('ops', 'basis_parameter') }}
),

parameter as (
    select basis_parameter.*
    from basis_parameter
    inner join context
        on
            basis_parameter.payor_id = context.payor_id
            and basis_parameter.basis_id = context.basis_id
),

probability as (
    select
        family_id,
        max(value) filter (where kind = 'p0') as p0,
        max(value) filter (where kind = 'p0_low') as p0_low,
        max(value) filter (where kind = 'p0_high') as p0_high,
        max(source) filter (where kind = 'p0') as p0_source
    from parameter
    where kind in ('p0', 'p0_low', 'p0_high')
    group by family_id
),

price as (
    select
        family_id,
        perspective,
        max(value) filter (where kind = 'ec') as expected_procedure_cost,
        max(value) filter (where kind = 'ealt0') as expected_alternative_cost
    from parameter
    where kind in ('ec', 'ealt0')
    group by family_id, perspective
),

-- survival to the window's end, or to death if that came first
survival as (
    select
        index_case.case_key,
        parameter.value,
        row_number() over (partition by index_case.case_key order by parameter.month desc) as place
    from index_case
    inner join coverage
        on index_case.case_key = coverage.case_key
    inner join parameter
        on
            parameter.kind = 'enrolment_survival'
            and index_case.window_months >= parameter.month
            and (
                coverage.died_on is null
                or {{ add_months('index_case.t0', 'parameter.month') }} <= coverage.died_on
            )
)

select
    index_case.payor_id,
    index_case.case_key,
    cost.perspective,
    index_case.procedure_family,
    index_case.has_proposal,
    index_case.so_position,
    decision.status,
    decision.is_performed_denied,
    context.currency_code,
    context.minor_units,
    touched_case.cohort_period,
    touched_case.maturity,
    cast(case when index_case.has_proposal then probability.p0 else 0 end as numeric(12, 8)) as p0,
    cast(case when index_case.has_proposal then probability.p0_low else 0 end as numeric(12, 8)) as p0_low,
    cast(case when index_case.has_proposal then probability.p0_high else 0 end as numeric(12, 8)) as p0_high,
    case when index_case.has_proposal then probability.p0_source else 'no procedure proposed' end as p0_source,
    cast(
        case when index_case.has_proposal then price.expected_procedure_cost else 0 end as numeric(18, 4)
    ) as expected_procedure_cost,
    -- without a proposal nothing else is known of the course without the opinion
    cast(
        case
            when index_case.has_proposal then price.expected_alternative_cost
            else cost.alternative_cost
        end as numeric(18, 4)
    ) as expected_alternative_cost,
    cost.procedure_cost,
    cost.alternative_cost,
    cost.induced_cost,
    cast(coalesce(opinion.fee_amount, 0) as numeric(18, 4)) as case_fee,
    -- covered through the window's end or death, also for those who were operated
    coverage.is_covered_at_opinion
    and coalesce(
        coverage.left_on >= least(index_case.window_end, coverage.died_on), true
    ) as is_observed_to_window_end,
    cast(coalesce(survival.value, 1) as numeric(12, 8)) as enrolment_survival
from index_case
inner join touched_case
    on index_case.case_key = touched_case.case_key
inner join opinion
    on index_case.case_key = opinion.case_key
inner join coverage
    on index_case.case_key = coverage.case_key
inner join decision
    on
        index_case.case_key = decision.case_key
        and index_case.proposal_no = decision.proposal_no
inner join cost
    on index_case.case_key = cost.case_key
cross join context
left join probability
    on index_case.procedure_family = probability.family_id
left join price
    on
        index_case.procedure_family = price.family_id
        and cost.perspective = price.perspective
left join survival
    on
        index_case.case_key = survival.case_key
        and survival.place = 1
