-- One row per member month of a touched person: a first of a month, not after the night's date.
select month_start <> date_trunc('month', month_start) or month_start > date '{as_of}' as failed
from {work}.int_member_month
where person_key in (select person_key from {work}.int_work_person)
