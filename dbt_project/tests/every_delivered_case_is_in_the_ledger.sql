-- Intention to treat: no delivered case is left out of either perspective, and no other is in.
with

opinion as (
    select * from {{ ref('fct_second_opinion') }}
    where case_status = 'delivered'
),

savings as (
    select * from {{ ref('fct_case_savings') }}
),

listed as (
    select
        case_key,
        count(*) as perspectives
    from savings
    group by case_key
)

select
    coalesce(opinion.case_key, listed.case_key) as case_key,
    listed.perspectives
from opinion
full outer join listed
    on opinion.case_key = listed.case_key
where
    opinion.case_key is null
    or listed.perspectives is distinct from 2
