{#-
    First day on which nothing of a window can be missing any more: its end plus the payor's run-out. The one place where
    maturity is decided; a completion factor of the window's last month would come in here.
-#}
{% macro matures_on(window_end, runout_months) -%}
    {{ add_months(window_end, runout_months) }}
{%- endmacro %}


{#- Days after which a kept claim may still turn a procedure into a late conversion. -#}
{% macro late_conversion_months() -%}
    36
{%- endmacro %}


{#- Visibility: fewer intended procedures decide nothing; a family is blind when the upper bound of the share shown is lower. -#}
{% macro visibility_minimum_cases() -%}
    20
{%- endmacro %}


{% macro visibility_minimum_share() -%}
    0.60
{%- endmacro %}
