-- One row: the member months shown to readers are the member months counted.
select
    shown.numerator is distinct from (
        select count(*)::numeric from {work}.int_member_month as covered
    ) as failed
from {work}.mart_utilisation as shown
where shown.measure = 'member_months'
    and shown.period_grain = 'all'
    and shown.slice = 'total'
