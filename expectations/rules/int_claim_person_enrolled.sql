-- One row per touched claim line: its person has been enrolled.
select
    exists (
        select 1
        from {work}.int_claim_unenrolled as outside
        where outside.claim_line_key = line.claim_line_key
            and outside.reason = 'never_enrolled'
    ) as failed
from {work}.int_claim_line as line
where line.claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
