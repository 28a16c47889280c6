-- One row per touched claim line of a person with a date of death: care ends within 30 days of it.
select line.service_date > person.death_date + 30 as failed
from {work}.int_claim_line as line
inner join {work}.int_person as person on person.person_key = line.person_key
where person.death_date is not null
    and line.service_date is not null
    and line.claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
