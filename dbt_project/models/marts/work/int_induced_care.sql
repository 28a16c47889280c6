with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

added as (
    select * from {{ ref('int_proposal') }}
    where is_added
),

event as (
    select * from {{ ref('int_procedure_event') }}
)

select
    touched_case.case_key,
    min(event.event_date) as induced_on
from touched_case
inner join added
    on touched_case.case_key = added.case_key
inner join event
    on
        touched_case.person_key = event.person_key
        and added.procedure_family = event.family_id
        and {{ is_compatible_side('added.laterality', 'event.laterality') }}
where
    event.event_date between touched_case.t0
    and {{ add_months('touched_case.t0', 'added.window_months') }}
group by touched_case.case_key
