{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'group_key': 'case_key', 'work_list': 'int_work_case'},
    indexes=[{'columns': ['case_key'], 'unique': True}],
) }}

with

context as (
    select * from {{ ref('int_fact_context') }}
),

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
),

coverage as (
    select * from {{ ref('int_case_coverage') }}
),

decision as (
    select * from {{ ref('int_proposal_status') }}
),

-- days on which a fact row of the case may change by itself; a quarter's close is seen in its own table
turning_point as (
    select
        case_key,
        matures_on as turns_on
    from decision
    union all
    select
        case_key,
        recognised_on
    from coverage
    union all
    select
        case_key,
        death_date
    from coverage
    union all
    select
        case_key,
        withdrawn_on
    from coverage
),

coming as (
    select
        turning_point.case_key,
        min(turning_point.turns_on) as next_change_date
    from turning_point
    cross join context
    where turning_point.turns_on > context.as_of
    group by turning_point.case_key
)

select
    touched_case.payor_id,
    touched_case.case_key,
    touched_case.person_key,
    coming.next_change_date,
    touched_case.maturity,
    context.context_hash,
    context.head_release_id
from touched_case
left join coming
    on touched_case.case_key = coming.case_key
cross join context
