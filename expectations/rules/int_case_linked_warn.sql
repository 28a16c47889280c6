-- One row per case whose sender named no member: linkage found a member that eligibility knows.
select not is_matched_member as failed
from {work}.int_case
where not has_member_id
