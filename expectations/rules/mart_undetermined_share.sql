-- One row per delivered case with an initial diagnosis: its class could be determined.
select final_class = 'undetermined' as failed
from {work}.fct_diagnosis_change
where initial_code is not null
