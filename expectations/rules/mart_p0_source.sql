-- One row per touched estimable ledger row: its probability says where it comes from and lies in
-- its own band.
select
    p0 is null
    or coalesce(p0_source, '') = ''
    or not coalesce(p0 between p0_low and p0_high, p0_low is null and p0_high is null) as failed
from {work}.fct_case_savings
where case_key in (select case_key from {work}.int_work_case)
    and is_estimable
