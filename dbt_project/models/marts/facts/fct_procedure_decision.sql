with

decision as (
    select * from {{ ref('int_proposal_status') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
)

select
    payor_id,
    decision_key,
    case_key,
    cast(proposal_no as integer) as proposal_no,
    procedure_family,
    laterality,
    so_position,
    intent_evidence,
    recommended_date,
    window_start,
    window_end,
    matures_on,
    status,
    status_order,
    evidence_date,
    evidence_strength,
    is_performed_denied,
    is_avoided,
    is_supported_not_performed,
    is_contralateral,
    is_late_conversion,
    censor_date,
    unverifiable_reason
from decision
