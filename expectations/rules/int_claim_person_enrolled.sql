-- One row per touched claim line: its person appears in an eligibility file.
select person.person_key is null as failed
from {work}.int_claim_line as line
left join {work}.int_person as person on person.person_key = line.person_key
where line.claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
