with

context as (
    select * from {{ source('work', 'run_context') }}
),

procedure_row as (
    select * from {{ ref('int_case_procedure') }}
    where is_proposed or is_added
),

opinion as (
    select * from {{ ref('int_case') }}
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

basis_parameter as (
    select * from {{ source('ops', 'basis_parameter') }}
),

-- how long comparators waited until the quarter began; it never makes a window shorter
waited as (
    select basis_parameter.*
    from basis_parameter
    inner join context
        on
            basis_parameter.payor_id = context.payor_id
            and basis_parameter.basis_id = context.basis_id
    where basis_parameter.kind = 'window_months'
),

windowed as (
    select
        procedure_row.*,
        -- a family that nobody described is never observable; its window only dates the row
        greatest(
            coalesce(family.window_months, {{ months_without_proposal() }}),
            cast(waited.value as integer)
        ) as window_months,
        coalesce(family.min_defer_months, 0) as min_defer_months,
        coalesce(family.side_rule, 'side') as side_rule
    from procedure_row
    inner join opinion
        on procedure_row.case_key = opinion.case_key
    left join family
        on procedure_row.procedure_family = family.family_id
    left join waited
        on
            procedure_row.procedure_family = waited.family_id
            and {{ month_number("date_trunc('quarter', opinion.t0)") }} = waited.month
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
    min_defer_months,
    side_rule
from windowed
