with recursive

side as (
    select * from {{ ref('int_diagnosis_side') }}
),

code as (
    select * from {{ source('reference', 'diagnosis_code') }}
),

-- union: a code with several validity rows has one parent per row
climbed as (
    select
        code_system,
        diagnosis_code as code,
        diagnosis_code as ancestor_code
    from side
    union
    select
        climbed.code_system,
        climbed.code,
        code.parent_code
    from climbed
    inner join code
        on
            climbed.code_system = code.code_system
            and climbed.ancestor_code = code.code
    where nullif(code.parent_code, '') is not null
)

select
    code_system,
    code,
    ancestor_code
from climbed
where ancestor_code <> code
