with

{{ current_enrollment() }},

-- the latest coverage describes the person; a death is true wherever it was reported
described as (
    select
        *,
        row_number() over (
            partition by person_key
            order by
                enrollment_start_date desc,
                sender_sequence desc,
                file_date desc nulls last,
                plaintext_sha256 desc,
                record_no desc,
                expansion_no desc
        ) as person_rank,
        max(death_date) over (partition by person_key) as last_death_date
    from current_enrollment
)

select
    payor_id,
    person_key,
    birth_date,
    last_death_date as death_date,
    case
        when gender in ('female', 'f') then 'female'
        when gender in ('male', 'm') then 'male'
        else 'unknown'
    end as sex,
    group_id,
    line_of_business
from described
where person_rank = 1
