-- One row per pair of the same disease: it is not on another side in the second opinion.
select is_laterality_mismatch as failed
from {work}.fct_diagnosis_change
where comparison_depth = 'full_code' and relation in ('D0', 'D1')
