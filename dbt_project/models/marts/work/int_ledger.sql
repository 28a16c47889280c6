{#- The arithmetic of the case ledger and nothing else; rounded once, to the currency's minor unit. -#}
with

input as (
    select * from {{ ref('int_ledger_input') }}
),

judged as (
    select
        *,
        status in {{ performed_statuses() }} as is_performed,
        case
            when status = 'performed_before_opinion' then 'performed_before_opinion'
            when status = 'unverifiable' then 'unverifiable'
            when
                p0 is null
                or expected_procedure_cost is null
                or expected_alternative_cost is null
                then 'no_basis'
        end as not_estimable_reason,
        -- rendered and denied: the system bears what the operation usually costs, the payor paid nothing
        case
            when is_performed_denied and perspective = 'system' then coalesce(expected_procedure_cost, procedure_cost)
            else procedure_cost
        end as charged_procedure_cost
    from input
),

priced as (
    select
        *,
        round(p0 * expected_procedure_cost + (1 - p0) * expected_alternative_cost, minor_units) as expected_cost,
        round(charged_procedure_cost, minor_units) as rounded_procedure_cost,
        round(alternative_cost, minor_units) as rounded_alternative_cost,
        round(induced_cost, minor_units) as rounded_induced_cost,
        round(case_fee, minor_units) as rounded_case_fee,
        round(
            case so_position
                when 'against' then expected_procedure_cost
                when 'alternative' then expected_procedure_cost - expected_alternative_cost
                else 0
            end,
            minor_units
        ) as modelled_gross
    from judged
),

observed as (
    select
        *,
        rounded_procedure_cost + rounded_alternative_cost + rounded_induced_cost as observed_cost
    from priced
),

saved as (
    select
        *,
        case
            when not_estimable_reason = 'performed_before_opinion' then 0
            when not_estimable_reason is not null then null
            -- a denial is not a saving
            when is_performed_denied and perspective = 'payor' then least(expected_cost - observed_cost, 0)
            else expected_cost - observed_cost
        end as gross_savings
    from observed
)

select
    payor_id,
    case_key,
    perspective,
    procedure_family,
    currency_code,
    cohort_period,
    maturity,
    p0,
    p0_low,
    p0_high,
    p0_source,
    expected_procedure_cost,
    expected_alternative_cost,
    expected_cost,
    is_performed,
    rounded_procedure_cost as procedure_cost,
    rounded_alternative_cost as alternative_cost,
    cast(0 as numeric) as substitute_cost,
    rounded_induced_cost as induced_cost,
    observed_cost,
    gross_savings,
    rounded_case_fee as case_fee,
    gross_savings - rounded_case_fee as net_savings,
    modelled_gross,
    is_observed_to_window_end,
    enrolment_survival,
    not_estimable_reason is null as is_estimable,
    not_estimable_reason
from saved
