{#-
    Working days after the first date up to the second, Monday to Friday; negative spans count 0.
    Public holidays and other weekends than Saturday and Sunday are not known here.
-#}
{% macro business_days(first, last) -%}
    {%- set days = '(' ~ last ~ ' - ' ~ first ~ ')' -%}
    (
        5 * (greatest({{ days }}, 0) / 7)
        {%- for step in range(1, 7) %}
        + case
            when
                greatest({{ days }}, 0) % 7 >= {{ step }}
                and (cast(extract(isodow from {{ first }}) as integer) - 1 + {{ step }}) % 7 < 5
                then 1
            else 0
        end
        {%- endfor %}
    )
{%- endmacro %}
