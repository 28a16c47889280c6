{#-
    CTEs that end in `current_enrollment`: the newest version of every enrolment row of the persons on the
    work list. One enrolment = person, first day, payer and plan.
-#}
{% macro current_enrollment() -%}
    enrollment_row as (
        select
            *,
            row_number() over (
                partition by person_key, enrollment_start_date, payer, plan
                order by
                    sender_sequence desc,
                    file_date desc nulls last,
                    plaintext_sha256 desc,
                    record_no desc,
                    expansion_no desc
            ) as version_rank
        from {{ ref('stg_eligibility') }}
        where
            person_key is not null
            and {{ touched('person_key', 'int_work_person', 'person_key') }}
    ),

    current_enrollment as (
        select * from enrollment_row
        where version_rank = 1
    )
{%- endmacro %}
