with

claim_line as not materialized (
    select * from {{ ref('int_claim_line') }}
    where {{ touched('claim_family_key', 'int_work_covered_family', 'claim_family_key') }}
),

span as not materialized (
    select * from {{ ref('int_coverage_span') }}
)

select
    claim_line.payor_id,
    claim_line.claim_line_key,
    claim_line.claim_family_key,
    claim_line.person_key,
    claim_line.service_date,
    case
        when
            not exists (
                select 1
                from span
                where claim_line.person_key = span.person_key
            )
            then 'never_enrolled'
        when claim_line.service_date is null then 'no_service_date'
        else 'outside_coverage'
    end as reason
from claim_line
where
    not exists (
        select 1
        from span
        where
            claim_line.person_key = span.person_key
            and claim_line.service_date >= span.span_start
            and (span.span_end is null or claim_line.service_date <= span.span_end)
    )
