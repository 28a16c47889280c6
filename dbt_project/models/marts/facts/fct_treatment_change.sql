with

treatment as (
    select * from {{ ref('int_treatment_change') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
)

select
    payor_id,
    case_key,
    opinion_pair,
    treatment_class,
    is_treatment_changed,
    is_mixed,
    proposals
from treatment
