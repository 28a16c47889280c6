-- One row per touched claim line of a person who has been enrolled: the care falls inside coverage.
select coalesce(outside.reason = 'outside_coverage', false) as failed
from {work}.int_claim_line as line
left join {work}.int_claim_unenrolled as outside on outside.claim_line_key = line.claim_line_key
where line.claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
    and line.service_date is not null
    and coalesce(outside.reason, '') <> 'never_enrolled'
