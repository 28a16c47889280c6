-- One row per coverage span of a touched person: it starts after the previous one ended.
select
    coalesce(
        span_start <= max(coalesce(span_end, 'infinity'::date)) over (
            partition by person_key
            order by span_start, span_no
            rows between unbounded preceding and 1 preceding
        ),
        false
    ) as failed
from {work}.int_coverage_span
where person_key in (select person_key from {work}.int_work_person)
