-- One row per touched estimable ledger row and component: the cost adds up to its claim lines.
-- A denied operation is priced in the system ledger without a paid line, so it is left out.
with lines as (
    select
        case_key,
        component,
        sum(coalesce(allowed_amount, 0)) as system_amount,
        sum(coalesce(paid_amount, 0)) as payor_amount
    from {work}.fct_case_claim
    where case_key in (select case_key from {work}.int_work_case)
    group by case_key, component
),

ledger as (
    select
        saving.case_key,
        saving.perspective,
        part.component,
        part.amount
    from {work}.fct_case_savings as saving
    cross join lateral (
        values
            ('procedure', saving.procedure_cost),
            ('alternative', saving.alternative_cost),
            ('induced', saving.induced_cost)
    ) as part (component, amount)
    where saving.case_key in (select case_key from {work}.int_work_case)
        and saving.is_estimable
        and not exists (
            select 1
            from {work}.fct_procedure_decision as decision
            where decision.case_key = saving.case_key and decision.is_performed_denied
        )
)

select
    abs(
        ledger.amount - coalesce(
            case ledger.perspective when 'system' then lines.system_amount
                else lines.payor_amount end,
            0
        )
    ) > {minor_unit} as failed
from ledger
left join lines
    on lines.case_key = ledger.case_key
    and lines.component = ledger.component
