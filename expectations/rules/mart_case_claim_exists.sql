-- One row per claim line behind a touched case: the line is a final claim line with this money.
select
    line.claim_line_key is null
    or line.allowed_amount is distinct from behind.allowed_amount
    or line.paid_amount is distinct from behind.paid_amount as failed
from {work}.fct_case_claim as behind
left join {work}.int_claim_line as line on line.claim_line_key = behind.claim_line_key
where behind.case_key in (select case_key from {work}.int_work_case)
