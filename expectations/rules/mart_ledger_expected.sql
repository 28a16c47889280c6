-- One row per touched estimable ledger row: the parts add up to expected and to observed cost.
select
    abs(expected_cost - (p0 * expected_procedure_cost + (1 - p0) * expected_alternative_cost))
        > {minor_unit}
    or observed_cost <> procedure_cost + alternative_cost + substitute_cost + induced_cost as failed
from {work}.fct_case_savings
where case_key in (select case_key from {work}.int_work_case)
    and is_estimable
