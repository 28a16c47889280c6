with

work_case as (
    select * from {{ ref('int_work_case') }}
),

case_window as (
    select * from {{ ref('int_case_window') }}
),

cohort_quarter as (
    select * from {{ ref('int_cohort_quarter') }}
)

select
    case_window.*,
    coalesce(cohort_quarter.maturity, 'not_delivered') as maturity
from work_case
inner join case_window
    on work_case.case_key = case_window.case_key
left join cohort_quarter
    on case_window.cohort_quarter = cohort_quarter.cohort_quarter
