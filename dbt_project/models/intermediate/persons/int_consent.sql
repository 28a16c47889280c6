with

consent_row as (
    select
        *,
        row_number() over (
            partition by person_key, purpose
            order by
                sender_sequence desc,
                consent_from desc,
                plaintext_sha256 desc,
                record_no desc,
                expansion_no desc
        ) as version_rank
    from {{ ref('stg_consent') }}
    where
        person_key is not null
        and {{ touched('person_key', 'int_work_person', 'person_key') }}
)

select
    payor_id,
    person_key,
    -- one purpose withdrawn is enough: nobody can tell the rows apart by what they may be used for
    min(withdrawn_at) as withdrawn_on
from consent_row
where version_rank = 1
group by payor_id, person_key
