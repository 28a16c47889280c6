-- One row per primary diagnosis: its code was valid in its code system on its date.
select not exists (
    select 1
    from reference.diagnosis_code as known
    where known.code_system = diagnosis.code_system
        and known.code = diagnosis.diagnosis_code
        and diagnosis.diagnosis_date >= coalesce(known.valid_from, diagnosis.diagnosis_date)
        and diagnosis.diagnosis_date <= coalesce(known.valid_to, diagnosis.diagnosis_date)
) as failed
from {work}.int_case_diagnosis as diagnosis
where diagnosis.diagnosis_rank = 1
