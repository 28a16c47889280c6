with

ledger as (
    select * from {{ ref('int_ledger') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
)

select
    payor_id,
    case_key,
    perspective,
    procedure_family,
    -- no comparator with access to the programme is delivered yet
    cast('E' as text) as evidence_grade,
    currency_code,
    cohort_period,
    maturity,
    cast(p0 as numeric(12, 8)) as p0,
    cast(p0_low as numeric(12, 8)) as p0_low,
    cast(p0_high as numeric(12, 8)) as p0_high,
    p0_source,
    cast(expected_procedure_cost as numeric(18, 4)) as expected_procedure_cost,
    cast(expected_alternative_cost as numeric(18, 4)) as expected_alternative_cost,
    cast(expected_cost as numeric(18, 4)) as expected_cost,
    is_performed,
    cast(procedure_cost as numeric(18, 4)) as procedure_cost,
    cast(alternative_cost as numeric(18, 4)) as alternative_cost,
    cast(substitute_cost as numeric(18, 4)) as substitute_cost,
    cast(induced_cost as numeric(18, 4)) as induced_cost,
    cast(observed_cost as numeric(18, 4)) as observed_cost,
    cast(gross_savings as numeric(18, 4)) as gross_savings,
    cast(case_fee as numeric(18, 4)) as case_fee,
    cast(net_savings as numeric(18, 4)) as net_savings,
    cast(modelled_gross as numeric(18, 4)) as modelled_gross,
    is_observed_to_window_end,
    cast(enrolment_survival as numeric(12, 8)) as enrolment_survival,
    is_estimable,
    not_estimable_reason
from ledger
