with

-- the newest delivery replaces the whole set of an opinion
diagnosis as (
    select
        *,
        max(sender_sequence) over (partition by case_key, opinion) as last_sequence
    from {{ ref('stg_consultation_diagnosis') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by case_key, opinion, diagnosis_rank
            order by plaintext_sha256 desc, record_no desc, expansion_no desc
        ) as copy_no
    from diagnosis
    where sender_sequence = last_sequence
)

select
    payor_id,
    case_key,
    opinion,
    diagnosis_rank,
    diagnosis_code,
    code_system,
    code_release,
    diagnosis_date,
    diagnosis_source
from ranked
where copy_no = 1
