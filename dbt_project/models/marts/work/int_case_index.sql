{#- The index proposal of a case: the dearest expected one, p0 * EC on the system's prices. -#}
with

context as (
    select * from {{ ref('int_fact_context') }}
),

touched_case as (
    select * from {{ ref('int_touched_case') }}
),

proposal as (
    select * from {{ ref('int_proposal') }}
    where not is_added
),

basis_parameter as (
    select * from {{ source('ops', 'basis_parameter') }}
),

parameter as (
    select basis_parameter.*
    from basis_parameter
    inner join context
        on
            basis_parameter.payor_id = context.payor_id
            and basis_parameter.basis_id = context.basis_id
),

priced as (
    select
        proposal.*,
        row_number() over (
            partition by proposal.case_key
            order by
                probability.value * price.value desc nulls last,
                proposal.procedure_family asc,
                proposal.proposal_no asc
        ) as place
    from proposal
    left join parameter as probability
        on
            proposal.procedure_family = probability.family_id
            and probability.kind = 'p0'
    left join parameter as price
        on
            proposal.procedure_family = price.family_id
            and price.kind = 'ec'
            and price.perspective = 'system'
),

indexed as (
    select
        touched_case.payor_id,
        touched_case.case_key,
        touched_case.person_key,
        touched_case.t0,
        priced.case_key is not null as has_proposal,
        coalesce(priced.proposal_no, 0) as proposal_no,
        coalesce(priced.procedure_family, 'none') as procedure_family,
        coalesce(priced.so_position, 'none') as so_position,
        coalesce(priced.window_months_deferred, {{ months_without_proposal() }}) as window_months
    from touched_case
    left join priced
        on
            touched_case.case_key = priced.case_key
            and priced.place = 1
)

select
    *,
    {{ add_months('t0', 'window_months') }} as window_end,
    {{ add_days(add_months('t0', 'window_months'), episode_tail_days()) }} as cost_end
from indexed
