with

resolved as (
    select * from {{ ref('int_claim_resolved') }}
)

select
    claim_family_key,
    claim_line_number,
    exclusion_reason as reason,
    version_count as n_versions
from resolved
where exclusion_reason in ('voided', 'held_orphan')
