with

claim_line as not materialized (
    select * from {{ ref('int_claim_line') }}
),

claim_row as not materialized (
    select * from {{ ref('stg_medical_claim') }}
)

select
    claim_line.payor_id,
    claim_line.claim_line_key,
    claim_line.claim_family_key,
    claim_line.person_key,
    claim_line.service_date,
    coded.code_position,
    claim_row.diagnosis_code_type,
    coded.diagnosis_code,
    coded.present_on_admission
from claim_line
inner join claim_row
    on
        claim_line.receipt_id = claim_row.receipt_id
        and claim_line.record_no = claim_row.record_no
        and claim_line.expansion_no = claim_row.expansion_no
cross join {{ diagnosis_positions('claim_row') }}
where coded.diagnosis_code is not null
