-- One row per claim of a new remittance: the payor's number, or the provider's as an 837 names it, is
-- that of a claim. The claim may come later, so this only says how many wait (W-NOLINK).
select not exists (
    select 1
    from {raw}.medical_claim as claim
    where md5('{payor}|' || coalesce(nullif(claim.original_claim_id, ''), claim.claim_id)) in (
        md5('{payor}|' || coalesce(nullif(paid.original_claim_id, ''), paid.claim_id)),
        md5('{payor}|' || (nullif(paid.payee_npi, '') || ':' || paid.patient_control_number)),
        md5('{payor}|' || (nullif(paid.payee_tin, '') || ':' || paid.patient_control_number))
    )
) as failed
from {raw}.remittance_claim as paid
where paid.receipt_id in ({receipts})
