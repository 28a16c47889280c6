-- One row per touched delivered case: what became of its plan is said exactly once.
select count(change.case_key) <> 1 as failed
from {work}.int_case as delivered
left join {work}.fct_treatment_change as change on change.case_key = delivered.case_key
where delivered.t0 is not null
    and delivered.case_key in (select case_key from {work}.int_work_case)
group by delivered.case_key
