{#- Days a member may be uncovered without counting as disenrolled. -#}
{% macro allowed_gap_days() -%}
    45
{%- endmacro %}


{#- The end of an open span, so that ends can be compared; never shown. -#}
{% macro open_end() -%}
    date '9999-12-31'
{%- endmacro %}
