-- One row per delivered case: a primary diagnosis is on record before and after the opinion.
select
    count(distinct diagnosis.opinion) filter (
        where diagnosis.diagnosis_rank = 1 and diagnosis.opinion in ('initial', 'final')
    ) < 2 as failed
from {work}.int_case as delivered
left join {work}.int_case_diagnosis as diagnosis on diagnosis.case_key = delivered.case_key
where delivered.t0 is not null
group by delivered.case_key
