-- One row per published aggregate: it carries an evidence grade of the closed list.
with measured as (
select evidence_grade from {work}.mart_diagnosis_change
union all
select evidence_grade from {work}.mart_avoided_procedure
union all
select evidence_grade from {work}.mart_cost_savings
union all
select evidence_grade from {work}.mart_utilisation
union all
select evidence_grade from {work}.mart_adoption
)

select evidence_grade not in ('A', 'B', 'C', 'D', 'E') as failed
from measured
