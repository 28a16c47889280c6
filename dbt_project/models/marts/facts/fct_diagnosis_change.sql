with

relation as (
    select * from {{ ref('int_diagnosis_relation') }}
    where {{ touched('case_key', 'int_work_case', 'case_key') }}
),

adjudication as (
    select * from {{ source('ops', 'adjudicated') }}
    where payor_id = '{{ var("payor") }}'
),

opinion as (
    select * from {{ ref('int_case') }}
),

reason as (
    select * from {{ source('reference', 'change_reason') }}
),

classed as (
    select
        relation.*,
        opinion.reviewer_reason_code,
        adjudication.adjudicated_class,
        adjudication.adjudicated_grade,
        adjudication.override_reason,
        adjudication.adjudicator_role,
        cast(coalesce(adjudication.reads, 0) as integer) as reads,
        coalesce(adjudication.is_disputed, false) as is_disputed,
        -- the reviewer's own reason counts where nobody settled the case: it can only lower the strict rate
        coalesce(adjudication.is_stage_or_grade, reason.is_stage_or_grade, false) as is_stage_or_grade_only,
        -- people before rules; the vendor's own class never decides
        coalesce(adjudication.adjudicated_class, relation.machine_class) as final_class
    from relation
    left join adjudication
        on
            relation.case_key = adjudication.case_key
            and relation.opinion_pair = adjudication.opinion_pair
    left join opinion
        on relation.case_key = opinion.case_key
    left join reason
        on opinion.reviewer_reason_code = reason.reason_code
),

graded as (
    select
        *,
        case
            when final_class = 'undetermined' then null
            when adjudicated_grade is not null then adjudicated_grade
            when final_class = machine_class then minimum_grade
            -- people chose another class and no grade: the least that class can be
            when final_class = 'changed' then 2
            when final_class = 'refined' then 1
            else 0
        end as grade
    from classed
)

select
    payor_id,
    case_key,
    opinion_pair,
    initial_code,
    initial_code_system,
    final_code,
    final_code_system,
    initial_certainty,
    final_certainty,
    is_suspected,
    relation,
    comparison_depth,
    machine_class,
    reviewer_class,
    adjudicated_class,
    final_class,
    case when adjudicated_class <> machine_class then override_reason end as override_reason,
    adjudicator_role,
    class_harmonised,
    cast(minimum_grade as integer) as minimum_grade,
    cast(reviewer_grade as integer) as reviewer_grade,
    cast(adjudicated_grade as integer) as adjudicated_grade,
    cast(grade as integer) as grade,
    reviewer_reason_code,
    is_stage_or_grade_only,
    coalesce(final_class = 'changed' and grade >= 3 and not is_stage_or_grade_only, false) as is_strict_change,
    is_rank_swap,
    is_less_specific,
    is_laterality_mismatch,
    is_cross_variant,
    is_undifferentiated_at_referral,
    is_added_diagnosis,
    is_behaviour_flip,
    is_always_double_read,
    reads,
    is_disputed,
    reviewer_blinded,
    undetermined_reason
from graded
