-- One row per case whose sender named a member: the member is known to eligibility.
select not is_matched_member as failed
from {work}.int_case
where has_member_id
