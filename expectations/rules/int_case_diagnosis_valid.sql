-- One row per primary diagnosis: its code was valid in its code system on its date, with or without the letters
-- that a country writes behind it; a header may not be coded in ICD-10-CM.
select not exists (
    select 1
    from reference.diagnosis_code as known
    where known.code_system = diagnosis.code_system
        and known.code in (
            diagnosis.diagnosis_code,
            rtrim(diagnosis.diagnosis_code, (
                select string_agg(suffix.suffix, '')
                from reference.code_suffix as suffix
                where suffix.code_system = diagnosis.code_system
            ))
        )
        and not (known.is_header and known.code_system = 'icd-10-cm')
        and diagnosis.diagnosis_date >= known.valid_from
        and diagnosis.diagnosis_date <= coalesce(known.valid_to, diagnosis.diagnosis_date)
) as failed
from {work}.int_case_diagnosis as diagnosis
where diagnosis.diagnosis_rank = 1
