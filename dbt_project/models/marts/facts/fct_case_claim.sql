with

cost_line as (
    select * from {{ ref('int_case_cost_line') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
)

select
    payor_id,
    claim_line_key,
    case_key,
    component,
    claim_id,
    cast(claim_line_number as integer) as claim_line_number,
    claim_type,
    service_date,
    procedure_family,
    cast(allowed_amount as numeric(18, 4)) as allowed_amount,
    cast(paid_amount as numeric(18, 4)) as paid_amount,
    currency_code
from cost_line
