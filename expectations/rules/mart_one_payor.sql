-- One row per relation about to be published: it holds no other payor's row.
with candidates as (
    select exists (
        select 1 from {work}.dim_payor where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_second_opinion where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_diagnosis_change where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_procedure_decision where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_case_claim where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_case_savings where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_programme_fee where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_diagnosis_change where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_avoided_procedure where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_cost_savings where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_utilisation where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_adoption where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.fct_treatment_change where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_treatment_change where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_opinion_process where payor_id is distinct from '{payor}'
    ) as is_foreign
    union all
    select exists (
        select 1 from {work}.mart_literature_benchmark where payor_id is distinct from '{payor}'
    ) as is_foreign
)

select is_foreign as failed
from candidates
