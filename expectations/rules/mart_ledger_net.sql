-- One row per touched estimable ledger row: net = gross - the case's own fee.
select
    net_savings is distinct from gross_savings - coalesce(case_fee, 0) as failed
from {work}.fct_case_savings
where case_key in (select case_key from {work}.int_work_case)
    and is_estimable
