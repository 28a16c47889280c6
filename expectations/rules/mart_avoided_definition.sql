-- One row per touched proposal: avoided means confirmed as not performed and not supported by the
-- reviewer; supported and not performed is never avoided.
select
    is_avoided <> (
        status = 'not_performed_confirmed' and so_position in ('against', 'alternative')
    )
    or is_supported_not_performed <> (
        status = 'not_performed_confirmed' and so_position = 'agreed'
    ) as failed
from {work}.fct_procedure_decision
where case_key in (select case_key from {work}.int_work_case)
