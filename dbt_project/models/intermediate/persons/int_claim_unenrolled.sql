with

claim_line as (
    select * from {{ ref('int_claim_line') }}
    where {{ touched('person_key', 'int_work_person', 'person_key') }}
),

span as (
    select * from {{ ref('int_coverage_span') }}
    where {{ touched('person_key', 'int_work_person', 'person_key') }}
),

-- distinct: a person has several spans
covered_person as (
    select distinct person_key
    from span
),

covered_line as (
    select claim_line.claim_line_key
    from claim_line
    inner join span
        on
            claim_line.person_key = span.person_key
            and claim_line.service_date >= span.span_start
            and (span.span_end is null or claim_line.service_date <= span.span_end)
)

select
    claim_line.payor_id,
    claim_line.claim_line_key,
    claim_line.person_key,
    claim_line.service_date,
    case
        when covered_person.person_key is null then 'never_enrolled'
        when claim_line.service_date is null then 'no_service_date'
        else 'outside_coverage'
    end as reason
from claim_line
left join covered_person
    on claim_line.person_key = covered_person.person_key
left join covered_line
    on claim_line.claim_line_key = covered_line.claim_line_key
where covered_line.claim_line_key is null
