select * from {{ ref('int_work_link_row') }}
union all
select * from {{ ref('int_work_reached_row') }}
