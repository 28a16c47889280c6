with

procedure_row as (
    select * from {{ ref('int_case_procedure') }}
    where is_proposed or is_added
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

windowed as (
    select
        procedure_row.*,
        -- a family that nobody described is never observable; its window only dates the row
        coalesce(family.window_months, {{ months_without_proposal() }}) as window_months,
        coalesce(family.min_defer_months, 0) as min_defer_months
    from procedure_row
    left join family
        on procedure_row.procedure_family = family.family_id
)

select
    case_key,
    proposal_no,
    procedure_family,
    coalesce(laterality, '') as laterality,
    recommended_date,
    intent_evidence,
    so_position,
    is_added,
    window_months,
    window_months
    + case when so_position = 'defer' then {{ extra_months_if_deferred() }} else 0 end as window_months_deferred,
    min_defer_months
from windowed
