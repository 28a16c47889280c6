{#- Cases whose rows leave the published detail; they stay in the candidates, so that aggregates still count them. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

case_window as (
    select * from {{ ref('int_case_window') }}
),

consent as (
    select * from {{ ref('int_consent') }}
)

select case_window.case_key
from case_window
inner join consent
    on case_window.person_key = consent.person_key
cross join context
where consent.withdrawn_on <= context.as_of
