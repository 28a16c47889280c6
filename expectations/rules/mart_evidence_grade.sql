-- One row per published aggregate: what is estimated carries a grade of the closed list, what is
-- only counted carries none.
with measured as (
    select
        evidence_grade,
        measure not in ('cases', 'effective_cases') as is_estimate
    from {work}.mart_cost_savings
    union all
    select evidence_grade, false from {work}.mart_diagnosis_change
    union all
    select evidence_grade, false from {work}.mart_avoided_procedure
    union all
    select evidence_grade, false from {work}.mart_utilisation
    union all
    select evidence_grade, false from {work}.mart_adoption
)

select
    not coalesce(evidence_grade in ('A', 'B', 'C', 'D', 'E'), false)
    and (is_estimate or evidence_grade is distinct from '') as failed
from measured
