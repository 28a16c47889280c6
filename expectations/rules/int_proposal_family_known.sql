-- One row per proposed procedure: its family is one the reference data know.
select family.family_id is null as failed
from {work}.int_case_procedure as proposal
left join reference.procedure_family as family on family.family_id = proposal.procedure_family
where proposal.is_proposed
