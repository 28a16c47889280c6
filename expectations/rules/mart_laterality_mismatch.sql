-- One row per compared pair: the same disease is not on another side in the second opinion.
select is_laterality_mismatch as failed
from {work}.fct_diagnosis_change
where comparison_depth = 'full_code'
