-- One row per period in which cases were read twice: Gwet's AC1 is not below the plan's bound.
select is_low_reliability as failed
from {work}.mart_diagnosis_change
where measure = 'agreement_gwet_ac1'
