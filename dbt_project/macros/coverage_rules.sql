{#- Days a member may be uncovered without counting as disenrolled. -#}
{% macro allowed_gap_days() -%}
    45
{%- endmacro %}


{#- Months of coverage before the opinion that the ledger asks for. -#}
{% macro baseline_months() -%}
    12
{%- endmacro %}


{#- The end of an open span, so that ends can be compared; never shown. -#}
{% macro open_end() -%}
    date '9999-12-31'
{%- endmacro %}


{#- d + n months, clamped to the month's last day; a date. -#}
{% macro add_months(day, months) -%}
    cast({{ day }} + ({{ months }}) * interval '1 month' as date)
{%- endmacro %}
