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

bridge as (
    select * from {{ source('reference', 'code_bridge') }}
),

crosswalk as (
    select * from {{ ref('int_diagnosis_crosswalk') }}
),

exception as (
    select * from {{ source('reference', 'category_exception') }}
),

written as (
    select * from {{ ref('int_diagnosis_code') }}
),

diagnosis as (
    select * from {{ ref('int_case_diagnosis') }}
),

indication as (
    select * from {{ source('reference', 'family_indication') }}
),

-- diagnoses that may lead to the same procedure
shared_family as (
    select distinct
        one.code_prefix as initial_prefix,
        other.code_prefix as final_prefix
    from indication as one
    inner join indication as other
        on one.family_id = other.family_id
),

read_code as (
    select
        diagnosis.case_key,
        diagnosis.opinion,
        diagnosis.diagnosis_rank,
        written.code_system,
        written.code,
        written.category
    from diagnosis
    inner join written
        on
            diagnosis.code_system = written.code_system
            and diagnosis.diagnosis_code = written.diagnosis_code
    -- what is excluded or past is not there
    where coalesce(written.certainty not in ('excluded', 'past'), true)
),

-- the later code replaced the earlier one between the two dates
bridged as (
    select distinct earlier.case_key
    from side as earlier
    inner join side as later
        on
            earlier.case_key = later.case_key
            and earlier.opinion <> later.opinion
            and earlier.code_system = later.code_system
    inner join bridge
        on
            earlier.code_system = bridge.code_system
            and earlier.code = bridge.from_code
            and later.code = bridge.to_code
            and earlier.diagnosis_date <= bridge.from_until
            and later.diagnosis_date >= bridge.to_since
),

-- the final primary stood behind the initial one
swapped as (
    select
        final_side.case_key,
        max(case when read_code.code = final_side.code and read_code.code_system = final_side.code_system then 1 end)
            as code_found,
        max(case when read_code.category = final_side.category then 1 end) as category_found
    from side as final_side
    inner join read_code
        on
            final_side.case_key = read_code.case_key
            and read_code.opinion = 'initial'
            and read_code.diagnosis_rank > 1
    where final_side.opinion = 'final'
    group by final_side.case_key
),

-- a secondary diagnosis of a category that the first doctor did not name
added as (
    select distinct later.case_key
    from read_code as later
    left join read_code as earlier
        on
            later.case_key = earlier.case_key
            and later.category = earlier.category
            and earlier.opinion = 'initial'
    where
        later.opinion = 'final'
        and later.diagnosis_rank > 1
        and earlier.case_key is null
)

select
    touched_case.payor_id,
    touched_case.case_key,
    opinion.is_insufficient_information,
    opinion.is_unsupported,
    opinion.reviewer_class,
    opinion.reviewer_grade,
    opinion.reviewer_blinded,

    -- sides
    first_side.diagnosis_code as initial_code,
    first_side.code_system as initial_code_system,
    first_side.code_problem as initial_problem,
    first_side.code as initial_listed,
    first_side.concept_code as initial_concept,
    first_side.laterality as initial_side,
    first_side.certainty as initial_certainty,
    coalesce(first_side.is_suspected, false) as is_initial_suspected,
    first_side.is_unspecified as is_initial_unspecified,
    first_side.is_in_ccsr as is_initial_in_ccsr,
    first_side.ccsr_category as initial_ccsr,
    first_side.body_system as initial_body_system,
    first_side.body_site as initial_body_site,
    first_side.condition_group as initial_condition_group,
    coalesce(forth.category, first_side.category) as initial_category,
    coalesce(forth.is_symptom, first_side.is_symptom, false) as is_initial_symptom,
    coalesce(forth.chapter, first_side.chapter) as initial_chapter,
    coalesce(forth.behaviour_kind, first_side.behaviour_kind) as initial_behaviour,
    final_side.diagnosis_code as final_code,
    final_side.code_system as final_code_system,
    final_side.code_problem as final_problem,
    final_side.code as final_listed,
    final_side.concept_code as final_concept,
    final_side.laterality as final_side,
    final_side.certainty as final_certainty,
    coalesce(final_side.is_suspected, false) as is_final_suspected,
    final_side.is_unspecified as is_final_unspecified,
    final_side.is_in_ccsr as is_final_in_ccsr,
    final_side.ccsr_category as final_ccsr,
    final_side.body_system as final_body_system,
    final_side.body_site as final_body_site,
    final_side.condition_group as final_condition_group,
    coalesce(back.category, final_side.category) as final_category,
    coalesce(back.is_symptom, final_side.is_symptom, false) as is_final_symptom,
    coalesce(back.chapter, final_side.chapter) as final_chapter,
    coalesce(back.behaviour_kind, final_side.behaviour_kind) as final_behaviour,

    -- how deep they may be compared
    case
        when first_side.case_key is null or final_side.case_key is null then 'none'
        when first_side.code_system = final_side.code_system then 'full_code'
        when first_side.code_family = final_side.code_family then 'category'
        else 'crosswalk'
    end as possible_depth,
    first_side.code_family = 'icd-10' as is_initial_icd_10,
    final_side.code_family = 'icd-10' as is_final_icd_10,
    coalesce(first_side.has_ccsr, false) as has_ccsr,
    coalesce(first_side.is_site_bound, false) as is_site_bound,
    first_side.indication_prefix is not null
    and final_side.indication_prefix is not null
    and shared_family.initial_prefix is null as is_other_family,
    coalesce(forth.code, back.code) is null as is_crosswalk_absent,
    coalesce(forth.is_ambiguous, back.is_ambiguous, false) as is_crosswalk_ambiguous,
    coalesce(
        'meaning_drift' in (first_exception.reason, final_exception.reason)
        -- a category of one variant only: what is known is ICD-10-CM against the rest
        or (
            coalesce(first_exception.reason, final_exception.reason) is not null
            and 'icd-10-cm' in (first_side.code_system, final_side.code_system)
        ),
        false
    ) as is_exception,
    coalesce(first_exception.category, final_exception.category) is not null as is_in_exceptions,

    -- what else connects them
    bridged.case_key is not null as is_bridged,
    coalesce(swapped.code_found = 1, false) as is_code_swapped,
    coalesce(swapped.category_found = 1, false) as is_category_swapped,
    added.case_key is not null as has_added_diagnosis
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
left join crosswalk as forth
    on
        first_side.code_system = forth.code_system
        and first_side.code = forth.code
        and final_side.code_system = forth.other_system
        and first_side.code_family <> final_side.code_family
left join crosswalk as back
    on
        final_side.code_system = back.code_system
        and final_side.code = back.code
        and first_side.code_system = back.other_system
        and first_side.code_family <> final_side.code_family
        -- forth goes before back
        and forth.code is null
left join exception as first_exception
    on coalesce(forth.category, first_side.category) = first_exception.category
left join exception as final_exception
    on coalesce(back.category, final_side.category) = final_exception.category
left join shared_family
    on
        first_side.indication_prefix = shared_family.initial_prefix
        and final_side.indication_prefix = shared_family.final_prefix
left join bridged
    on touched_case.case_key = bridged.case_key
left join swapped
    on touched_case.case_key = swapped.case_key
left join added
    on touched_case.case_key = added.case_key
