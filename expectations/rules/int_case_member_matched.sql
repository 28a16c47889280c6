-- One row per case: its member is known to eligibility.
select not is_matched_member as failed
from {work}.int_case
