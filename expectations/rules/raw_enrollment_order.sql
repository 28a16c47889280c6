-- One row per new closed enrolment span: it does not end before it starts.
select enrollment_end_date < enrollment_start_date as failed
from {raw}.eligibility
where receipt_id in ({receipts})
    and enrollment_end_date is not null
