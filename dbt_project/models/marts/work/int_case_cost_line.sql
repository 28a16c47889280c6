{#- Each line goes to one case of its person, the earliest opinion first, and to one component. -#}
with

index_case as (
    select * from {{ ref('int_case_index') }}
    where t0 is not null
),

proposal as (
    select * from {{ ref('int_proposal') }}
),

side as (
    select * from {{ ref('int_diagnosis_side') }}
    where opinion = 'initial'
),

event as (
    select * from {{ ref('int_procedure_event') }}
),

claim_line as (
    select * from {{ ref('int_claim_line') }}
    -- what was never rendered was never a cost
    where is_rendered
),

{{ related_prefix() }},

case_line as (
    select
        index_case.case_key,
        index_case.t0,
        index_case.has_proposal,
        index_case.procedure_family as index_family,
        claim_line.*
    from index_case
    inner join claim_line
        on
            index_case.person_key = claim_line.person_key
            and claim_line.service_date between index_case.t0 and index_case.cost_end
),

-- claims with an event of a proposed or added family, on a compatible side
operated as (
    select
        index_case.case_key,
        event.claim_family_key,
        min(proposal.procedure_family) filter (where not proposal.is_added) as proposed_family,
        min(proposal.procedure_family) filter (where proposal.is_added) as added_family
    from index_case
    inner join proposal
        on index_case.case_key = proposal.case_key
    inner join event
        on
            index_case.person_key = event.person_key
            and proposal.procedure_family = event.family_id
            and {{ is_compatible_side('proposal.laterality', 'event.laterality') }}
    group by index_case.case_key, event.claim_family_key
),

judged as (
    select
        case_line.*,
        operated.proposed_family,
        operated.added_family,
        case
            when case_line.has_proposal
                then
                    exists (
                        select 1
                        from related
                        where
                            related.family_id = case_line.index_family
                            and left(case_line.diagnosis_code_1, length(related.code_prefix)) = related.code_prefix
                    )
            else coalesce(
                left(case_line.diagnosis_code_1, 3) = coalesce(side.category, left(side.diagnosis_code, 3)), false
            )
        end as is_related
    from case_line
    left join operated
        on
            case_line.case_key = operated.case_key
            and case_line.claim_family_key = operated.claim_family_key
    left join side
        on case_line.case_key = side.case_key
),

placed as (
    select
        *,
        case
            when proposed_family is not null then 'procedure'
            when added_family is not null then 'induced'
            when is_related then 'alternative'
        end as component
    from judged
),

ranked as (
    select
        *,
        row_number() over (partition by claim_line_key order by t0, case_key) as place
    from placed
    where component is not null
)

select
    payor_id,
    claim_line_key,
    case_key,
    component,
    claim_id,
    claim_line_number,
    claim_type,
    service_date,
    coalesce(
        case component
            when 'procedure' then proposed_family
            when 'induced' then added_family
        end,
        index_family
    ) as procedure_family,
    cast(coalesce(allowed_amount, 0) as numeric(18, 4)) as allowed_amount,
    cast(coalesce(paid_amount, 0) as numeric(18, 4)) as paid_amount,
    currency_code
from ranked
where place = 1
