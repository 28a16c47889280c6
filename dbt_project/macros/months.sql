{#- A date some days later. -#}
{% macro add_days(day, days) -%}
    ({{ day }} + {{ days }})
{%- endmacro %}


{#- Calendar quarter of a date as text: 2024-Q1. -#}
{% macro quarter_label(day) -%}
    to_char({{ day }}, 'YYYY"-Q"Q')
{%- endmacro %}


{#- Calendar month of a date as text: 2024-01. -#}
{% macro month_label(day) -%}
    to_char({{ day }}, 'YYYY-MM')
{%- endmacro %}


{#- Month of a date as a number: 202404. -#}
{% macro month_number(day) -%}
    cast(to_char({{ day }}, 'YYYYMM') as integer)
{%- endmacro %}
