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


{#- First and last day that a service day may mean, by the grain in which the payor dates services. -#}
{% macro first_possible_day(day, is_blurred) -%}
    case when {{ is_blurred }} then cast(date_trunc({{ payor_term('service_date_grain') }}, {{ day }}) as date) else {{ day }} end
{%- endmacro %}


{% macro last_possible_day(day, is_blurred) -%}
    case
        when not {{ is_blurred }} then {{ day }}
        when {{ payor_term('service_date_grain') }} = 'month'
            then cast(date_trunc('month', {{ day }}) + interval '1 month' as date) - 1
        else cast(date_trunc('quarter', {{ day }}) + interval '3 months' as date) - 1
    end
{%- endmacro %}
