-- One row per coverage span of a touched person: it does not end before it starts.
select coalesce(span_end < span_start, false) as failed
from {work}.int_coverage_span
where person_key in (select person_key from {work}.int_work_person)
