-- One row per touched estimable ledger row: gross = expected - observed. A procedure that was done
-- and denied never earns the payor a saving, so there gross may be held at zero.
select
    abs(gross_savings - (expected_cost - observed_cost)) > 0.01
    and not (
        perspective = 'payor'
        and gross_savings = 0
        and expected_cost > observed_cost
        and exists (
            select 1
            from {work}.fct_procedure_decision as decision
            where decision.case_key = ledger.case_key and decision.is_performed_denied
        )
    ) as failed
from {work}.fct_case_savings as ledger
where case_key in (select case_key from {work}.int_work_case)
    and is_estimable
