-- One row per touched delivered case: it has exactly one row per compared pair of opinions.
select
    delivered.case_key is null
    or count(change.case_key) filter (where change.opinion_pair is not null) = 0
    or count(change.case_key) <> count(distinct change.opinion_pair) as failed
from (
    select case_key
    from {work}.int_case
    where t0 is not null
        and case_key in (select case_key from {work}.int_work_case)
) as delivered
full join (
    select case_key, opinion_pair
    from {work}.fct_diagnosis_change
    where case_key in (select case_key from {work}.int_work_case)
) as change on change.case_key = delivered.case_key
group by delivered.case_key, coalesce(delivered.case_key, change.case_key)
