with

side as (
    select * from {{ ref('int_diagnosis_side') }}
),

crosswalk as (
    select * from {{ source('reference', 'crosswalk') }}
),

code as (
    select
        *,
        row_number() over (
            partition by code_system, code
            order by valid_from desc
        ) as place
    from {{ source('reference', 'diagnosis_code') }}
),

-- a code of another classification beside the system of the other opinion
foreign_side as (
    select distinct
        one.code_system,
        one.code,
        other.code_system as other_system
    from side as one
    inner join side as other
        on
            one.case_key = other.case_key
            and one.opinion <> other.opinion
            and one.code_family <> other.code_family
),

target as (
    select
        foreign_side.code_system,
        foreign_side.code,
        foreign_side.other_system,
        min(crosswalk.to_code) as target_code,
        count(distinct left(crosswalk.to_code, 3)) as categories
    from foreign_side
    inner join crosswalk
        on
            foreign_side.code_system = crosswalk.from_system
            and foreign_side.code = crosswalk.from_code
            and foreign_side.other_system = crosswalk.to_system
    group by foreign_side.code_system, foreign_side.code, foreign_side.other_system
)

select
    target.code_system,
    target.code,
    target.other_system,
    -- several possible categories cannot be compared
    target.categories > 1 or code.code is null as is_ambiguous,
    left(target.target_code, 3) as category,
    code.is_symptom,
    code.chapter,
    {{ behaviour_kind('code') }} as behaviour_kind
from target
left join code
    on
        target.other_system = code.code_system
        and target.target_code = code.code
        and code.place = 1
