with

{{ pending_change() }},

context as (
    select * from {{ ref('int_fact_context') }}
),

work_person as (
    select * from {{ ref('int_work_person') }}
),

case_window as (
    select * from {{ ref('int_case_window') }}
),

cohort_quarter as (
    select * from {{ ref('int_cohort_quarter') }}
),

previous as (
    {{ previous_clock() }}
),

receipt_case as (
    select key as case_key
    from pending_change
    where entity = 'case'
),

person_case as (
    select case_window.case_key
    from case_window
    where case_window.person_key in (select work_person.person_key from work_person)
),

-- a case that the last build does not know, or built in another context or for another quarter's state
stale_case as (
    select case_window.case_key
    from case_window
    cross join context
    left join cohort_quarter
        on case_window.cohort_quarter = cohort_quarter.cohort_quarter
    left join previous
        on case_window.case_key = previous.case_key
    where
        (select whole_change.is_whole from whole_change)
        or previous.case_key is null
        or previous.context_hash <> context.context_hash
        or previous.maturity <> coalesce(cohort_quarter.maturity, 'not_delivered')
),

due_case as (
    select previous.case_key
    from previous
    cross join context
    where previous.next_change_date <= context.as_of
),

-- built by a run that did not publish: nothing was released since, so it is still to be published
carried_case as (
    select previous.case_key
    from previous
    cross join context
    where previous.head_release_id = context.head_release_id
),

-- union: a case is touched once, for however many reasons
touched as (
    select case_key from receipt_case
    union
    select case_key from person_case
    union
    select case_key from stale_case
    union
    select case_key from due_case
    union
    select case_key from carried_case
),

-- cases of one person share the person's claim lines, so they are worked out together
touched_person as (
    select case_window.person_key
    from case_window
    where case_window.case_key in (select touched.case_key from touched)
    union
    select previous.person_key
    from previous
    where previous.case_key in (select touched.case_key from touched)
)

select case_key from touched
union
select case_window.case_key
from case_window
where case_window.person_key in (
    select touched_person.person_key
    from touched_person
    where touched_person.person_key is not null
)
