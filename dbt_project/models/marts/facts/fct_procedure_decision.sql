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
    is_in_authorizations,
    recommended_date,
    window_start,
    cast(window_months as integer) as window_months,
    window_end,
    matures_on,
    status,
    cast(status_order as integer) as status_order,
    evidence_date,
    evidence_family,
    evidence_strength,
    extent_change,
    is_agreed,
    is_performed_denied,
    is_avoided,
    is_supported_not_performed,
    is_induced_care,
    is_contralateral,
    is_late_conversion,
    late_conversion_date,
    censor_date,
    has_baseline,
    unverifiable_reason
from decision
