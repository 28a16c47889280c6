with

relation as (
    select * from {{ ref('int_diagnosis_relation') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
)

select
    payor_id,
    case_key,
    cast('initial_final' as text) as opinion_pair,
    initial_code,
    initial_code_system,
    final_code,
    final_code_system,
    relation,
    comparison_depth,
    machine_class,
    -- no adjudication is delivered yet; the vendor's own class never decides
    machine_class as final_class,
    class_harmonised,
    is_rank_swap,
    is_less_specific,
    is_laterality_mismatch,
    is_cross_variant,
    undetermined_reason
from relation
