-- One row per touched claim family: corrections never leave less than nothing.
select sum(coalesce(allowed_amount, 0)) < -0.01 as failed
from {work}.int_claim_line
where claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
group by claim_family_key
