-- One row per touched claim line of a person with coverage: the care falls inside a coverage span.
select not exists (
    select 1
    from {work}.int_coverage_span as span
    where span.person_key = line.person_key
        and line.service_date between span.span_start and coalesce(span.span_end, line.service_date)
) as failed
from {work}.int_claim_line as line
where line.claim_family_key in (select claim_family_key from {work}.int_work_claim_family)
    and line.service_date is not null
    and exists (
        select 1 from {work}.int_coverage_span as span where span.person_key = line.person_key
    )
