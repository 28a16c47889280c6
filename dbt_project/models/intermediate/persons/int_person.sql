{#- Enrolment speaks first, the newest description without coverage where it is silent; a death is true
    wherever it was reported. -#}
with

{{ current_enrollment() }},

described_person as (
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
),

enrolled_person as (
    select * from described_person
    where person_rank = 1
),

member_row as (
    select
        *,
        row_number() over (
            partition by person_key
            order by
                sender_sequence desc,
                valid_from desc nulls last,
                plaintext_sha256 desc,
                record_no desc,
                expansion_no desc
        ) as person_rank
    from {{ ref('stg_member') }}
    where
        person_key is not null
        and {{ touched('person_key', 'int_work_person', 'person_key') }}
),

member as (
    select * from member_row
    where person_rank = 1
)

select
    coalesce(enrolled_person.payor_id, member.payor_id) as payor_id,
    coalesce(enrolled_person.person_key, member.person_key) as person_key,
    coalesce(enrolled_person.birth_date, member.birth_date) as birth_date,
    greatest(enrolled_person.last_death_date, member.death_date) as death_date,
    case
        when coalesce(enrolled_person.gender, member.gender) in ('female', 'f') then 'female'
        when coalesce(enrolled_person.gender, member.gender) in ('male', 'm') then 'male'
        else 'unknown'
    end as sex,
    enrolled_person.group_id,
    enrolled_person.line_of_business,
    enrolled_person.person_key is not null as is_enrolled
from enrolled_person
full outer join member
    on enrolled_person.person_key = member.person_key
