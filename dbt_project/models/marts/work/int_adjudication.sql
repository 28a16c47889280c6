with

reading as (
    select
        *,
        row_number() over (
            partition by case_key, opinion_pair, read_no
            order by version_no desc
        ) as place
    from {{ source('ops', 'adjudication') }}
    where payor_id = '{{ var("payor") }}'
),

paired as (
    select
        case_key,
        opinion_pair,
        count(*) as reads,
        {%- for read_no in [1, 2, 3] %}
        {%- for column in ['adjudicated_class', 'grade', 'override_reason', 'adjudicator_role'] %}
        max(case when read_no = {{ read_no }} then {{ column }} end) as {{ column }}_{{ read_no }}{{ "," if not (loop.last and read_no == 3) }}
        {%- endfor %}
        {%- endfor %}
    from reading
    where place = 1
    group by case_key, opinion_pair
),

deciding as (
    select
        *,
        case
            when adjudicated_class_3 is not null then 3
            when adjudicated_class_1 = adjudicated_class_2 then 1
            when adjudicated_class_2 is null then 1
            when adjudicated_class_1 is null then 2
        end as deciding_read
    from paired
)

select
    case_key,
    opinion_pair,
    cast(reads as integer) as reads,
    adjudicated_class_1 as first_class,
    adjudicated_class_2 as second_class,
    -- two readings that disagree decide nothing before a third settles it
    deciding_read is null as is_disputed,
    case deciding_read
        when 3 then adjudicated_class_3
        when 2 then adjudicated_class_2
        when 1 then adjudicated_class_1
    end as adjudicated_class,
    case deciding_read
        when 3 then grade_3
        when 2 then grade_2
        -- two that agree on the class: the graver grade
        when 1 then greatest(grade_1, grade_2)
    end as adjudicated_grade,
    case deciding_read
        when 3 then override_reason_3
        when 2 then override_reason_2
        when 1 then override_reason_1
    end as override_reason,
    case deciding_read
        when 3 then adjudicator_role_3
        when 2 then adjudicator_role_2
        when 1 then adjudicator_role_1
    end as adjudicator_role
from deciding
