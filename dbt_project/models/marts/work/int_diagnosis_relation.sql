with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

opinion as (
    select * from {{ ref('int_case') }}
),

side as (
    select * from {{ ref('int_diagnosis_side') }}
),

ancestor as (
    select * from {{ ref('int_diagnosis_ancestor') }}
),

diagnosis as (
    select * from {{ ref('int_case_diagnosis') }}
),

paired as (
    select
        touched_case.payor_id,
        touched_case.case_key,
        opinion.is_insufficient_information,
        first_side.diagnosis_code as initial_code,
        first_side.code_system as initial_code_system,
        first_side.category as initial_category,
        first_side.concept_code as initial_concept,
        first_side.is_symptom as is_initial_symptom,
        first_side.is_unspecified as is_initial_unspecified,
        first_side.condition_group as initial_condition_group,
        final_side.diagnosis_code as final_code,
        final_side.code_system as final_code_system,
        final_side.category as final_category,
        final_side.concept_code as final_concept,
        final_side.is_symptom as is_final_symptom,
        final_side.is_unspecified as is_final_unspecified,
        final_side.condition_group as final_condition_group,
        first_side.case_key is null or final_side.case_key is null as is_primary_missing,
        not coalesce(first_side.is_valid_code and final_side.is_valid_code, false) as is_code_invalid,
        coalesce(first_side.code_system = final_side.code_system, false) as is_same_system
    from touched_case
    inner join opinion
        on touched_case.case_key = opinion.case_key
    left join side as first_side
        on
            touched_case.case_key = first_side.case_key
            and first_side.opinion = 'initial'
    left join side as final_side
        on
            touched_case.case_key = final_side.case_key
            and final_side.opinion = 'final'
),

compared as (
    select
        *,
        case
            when is_primary_missing then 'missing_primary'
            when is_code_invalid then 'invalid_code'
            when is_insufficient_information then 'insufficient_information'
            when is_initial_symptom and is_final_symptom then 'both_symptom'
        end as undetermined_reason,
        is_same_system
        and initial_code <> final_code
        and exists (
            select 1
            from diagnosis
            where
                diagnosis.case_key = paired.case_key
                and diagnosis.opinion = 'initial'
                and diagnosis.diagnosis_rank > 1
                and diagnosis.code_system = paired.final_code_system
                and diagnosis.diagnosis_code = paired.final_code
        ) as is_rank_swapped,
        exists (
            select 1
            from ancestor
            where
                ancestor.code_system = paired.final_code_system
                and ancestor.code = paired.final_code
                and ancestor.ancestor_code = paired.initial_code
        )
        or (initial_category = final_category and is_initial_unspecified and not is_final_unspecified)
            as is_more_specific,
        exists (
            select 1
            from ancestor
            where
                ancestor.code_system = paired.initial_code_system
                and ancestor.code = paired.initial_code
                and ancestor.ancestor_code = paired.final_code
        )
        or (initial_category = final_category and is_final_unspecified and not is_initial_unspecified)
            as is_less_specific_code
    from paired
),

related as (
    select
        *,
        case
            when undetermined_reason is not null then 'undetermined'
            when not is_same_system and initial_category = final_category then 'D0'
            when is_rank_swapped then 'rank_swap'
            when is_same_system and initial_code = final_code then 'D0'
            when is_same_system and initial_concept = final_concept then 'D1'
            when is_same_system and is_more_specific then 'D2+'
            when is_same_system and is_less_specific_code then 'D2-'
            when is_initial_symptom and not is_final_symptom then 'D7'
            when is_final_symptom and not is_initial_symptom then 'D8'
            when is_same_system and initial_category = final_category then 'D3'
            else 'D6'
        end as relation
    from compared
)

select
    payor_id,
    case_key,
    initial_code,
    initial_code_system,
    initial_condition_group,
    final_code,
    final_code_system,
    final_condition_group,
    relation,
    case
        when relation = 'undetermined' then 'none'
        when is_same_system then 'full_code'
        else 'category'
    end as comparison_depth,
    case
        when relation = 'undetermined' then 'undetermined'
        when relation in ('D0', 'D1', 'D2-') then 'confirmed'
        when relation in ('rank_swap', 'D2+', 'D3', 'D7') then 'refined'
        else 'changed'
    end as machine_class,
    case
        when relation = 'undetermined' then 'undetermined'
        when initial_category = final_category then 'confirmed'
        when is_initial_symptom and not is_final_symptom then 'refined'
        else 'changed'
    end as class_harmonised,
    relation = 'rank_swap' as is_rank_swap,
    relation = 'D2-' as is_less_specific,
    relation = 'D1' as is_laterality_mismatch,
    undetermined_reason is null and not is_same_system as is_cross_variant,
    undetermined_reason
from related
