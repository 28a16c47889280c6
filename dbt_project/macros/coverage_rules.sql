{#- Days a member may be uncovered without counting as disenrolled. -#}
{% macro allowed_gap_days() -%}
    45
{%- endmacro %}


{#- The end of an open span, so that ends can be compared; never shown. -#}
{% macro open_end() -%}
    date '9999-12-31'
{%- endmacro %}


{#-
    Last covered day, or null while the member still counts as covered at as_of: an open end, or an end so
    recent that the next span may still come. Not stored, because it moves with the clock.
-#}
{% macro disenrolment_date(continuous_end, as_of) -%}
    case when {{ continuous_end }} < {{ as_of }} - {{ allowed_gap_days() }} then {{ continuous_end }} end
{%- endmacro %}


{#- d + n months, clamped to the month's last day; a date. -#}
{% macro add_months(day, months) -%}
    cast({{ day }} + ({{ months }}) * interval '1 month' as date)
{%- endmacro %}
