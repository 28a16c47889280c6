with

pair as (
    select * from {{ ref('int_diagnosis_pair') }}
),

move as (
    select * from {{ source('reference', 'behaviour_change') }}
),

relation_class as (
    select * from {{ source('reference', 'relation_class') }}
),

named as (
    select
        *,
        final_listed is not null and coalesce(final_certainty, '') <> 'excluded' as has_final,
        -- an excluded disease speaks of the initial one only if it contains it
        coalesce(final_certainty, '') = 'excluded'
        and case
            when possible_depth = 'full_code'
                then
                    left(initial_listed, length(final_listed)) = final_listed
                    or coalesce(initial_concept = final_concept, false)
            else coalesce(initial_category = final_category, false)
        end as is_excluded
    from pair
),

-- the reviewer says that the disease is not there
stated as (
    select
        *,
        coalesce(is_unsupported, false) or is_excluded as is_rejected
    from named
),

-- why nothing can be told; the first reason counts
barred as (
    select
        *,
        case
            when initial_listed is null or not (has_final or is_rejected) then 'missing_primary'
            {%- for problem in ['invalid_code', 'release_missing'] %}
            -- the crosswalk knows the codes of another classification
            when
                (initial_problem = '{{ problem }}' and (possible_depth <> 'crosswalk' or is_initial_icd_10))
                or (final_problem = '{{ problem }}' and (possible_depth <> 'crosswalk' or is_final_icd_10))
                then '{{ problem }}'
            {%- endfor %}
            when is_insufficient_information then 'insufficient_information'
            when 'R69' in (left(initial_listed, 3), left(final_listed, 3)) then 'unknown_illness'
            when (coalesce(initial_certainty, '') = 'past') <> (coalesce(final_certainty, '') = 'past')
                then 'past_diagnosis'
            when possible_depth = 'category' and is_exception then 'category_exception'
            when possible_depth = 'crosswalk' and is_crosswalk_absent then 'crosswalk_absent'
            when possible_depth = 'crosswalk' and is_crosswalk_ambiguous then 'crosswalk_ambiguous'
        end as barred_reason,
        is_initial_symptom
        and is_final_symptom
        and has_final
        and not (is_bridged and not is_rejected) as is_both_symptom,
        is_bridged and not is_rejected as is_artifact,
        -- where a disease was not found, nothing is left but the symptom
        case when has_final then final_behaviour else 'symptom' end as found_behaviour
    from stated
),

moved as (
    select
        barred.*,
        move.relation as move_relation,
        move.minimum_grade as move_grade,
        move.is_double_read as is_move_double_read,
        move.precedes_rank_swap as is_move_first
    from barred
    left join move
        on
            barred.initial_behaviour = move.from_behaviour
            and barred.found_behaviour = move.to_behaviour
),

related as (
    select
        *,
        case
            when is_artifact then 'coding_artifact'
            when is_move_first then move_relation
            -- secondary diagnoses are not translated
            when
                is_category_swapped
                and initial_category <> final_category
                and possible_depth <> 'crosswalk'
                and has_final
                then 'rank_swap'
            when move_relation is not null then move_relation
            when is_rejected then 'D8'
            when is_initial_symptom and not is_final_symptom then 'D7'
            when is_final_symptom and not is_initial_symptom then 'D8'
            when initial_category = final_category then 'D0'
            when initial_chapter = final_chapter then 'D5'
            else 'D6'
        end as category_relation,
        case
            when is_artifact then 'coding_artifact'
            when is_move_first then move_relation
            when is_code_swapped and initial_listed <> final_listed and has_final then 'rank_swap'
            when move_relation is not null then move_relation
            when is_rejected then 'D8'
            {{ same_system_relation() }}
        end as full_relation
    from moved
),

-- kept: PostgreSQL would work out every rule again for each column that asks for the relation
decided as materialized (
    select
        *,
        case
            when barred_reason is not null then 'none'
            when possible_depth <> 'full_code' then category_relation
            else coalesce(full_relation, 'none')
        end as relation,
        case
            when barred_reason is not null then barred_reason
            when is_both_symptom then 'both_symptom'
            when possible_depth = 'full_code' and full_relation is null then 'ccsr_absent'
            -- where the site makes the disease, one unknown site is not the same site
            when
                possible_depth = 'full_code'
                and full_relation = 'D4'
                and is_site_bound
                and (initial_body_site is null) <> (final_body_site is null)
                then 'site_unknown'
        end as undetermined_reason
    from related
)

select
    decided.payor_id,
    decided.case_key,
    cast('initial_final' as text) as opinion_pair,
    decided.initial_code,
    decided.initial_code_system,
    decided.initial_condition_group,
    decided.final_code,
    decided.final_code_system,
    decided.final_condition_group,
    decided.initial_certainty,
    decided.final_certainty,
    decided.is_initial_suspected or decided.is_final_suspected as is_suspected,
    decided.relation,
    case when decided.relation = 'none' then 'none' else decided.possible_depth end as comparison_depth,
    case
        when decided.undetermined_reason is not null then 'undetermined'
        else relation_class.machine_class
    end as machine_class,
    case
        when decided.barred_reason is not null or decided.is_both_symptom then 'undetermined'
        -- three characters that do not mean the same everywhere
        when decided.is_in_exceptions then 'undetermined'
        else harmonised.machine_class
    end as class_harmonised,
    case
        when decided.undetermined_reason is null
            then greatest(
                relation_class.minimum_grade,
                case when decided.relation = decided.move_relation then decided.move_grade end
            )
    end as minimum_grade,
    decided.reviewer_class,
    decided.reviewer_grade,
    coalesce(decided.reviewer_blinded, '') as reviewer_blinded,
    decided.relation = 'rank_swap' as is_rank_swap,
    decided.relation = 'D2-' as is_less_specific,
    decided.relation in ('D0', 'D1')
    and decided.possible_depth = 'full_code'
    and {{ opposite_sides('decided.initial_side', 'decided.final_side') }} as is_laterality_mismatch,
    decided.possible_depth = 'category'
    and coalesce(decided.barred_reason, 'category_exception') = 'category_exception' as is_cross_variant,
    decided.relation = 'D7' as is_undifferentiated_at_referral,
    decided.relation not in ('none')
    and decided.possible_depth = 'full_code'
    and decided.has_added_diagnosis as is_added_diagnosis,
    decided.relation = 'flip' as is_behaviour_flip,
    coalesce(decided.relation = decided.move_relation and decided.is_move_double_read, false)
    or (
        decided.possible_depth = 'category'
        and coalesce(decided.barred_reason, 'category_exception') = 'category_exception'
    ) as is_always_double_read,
    decided.undetermined_reason
from decided
left join relation_class
    on decided.relation = relation_class.relation
left join relation_class as harmonised
    on decided.category_relation = harmonised.relation
