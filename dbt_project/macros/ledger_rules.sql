{#- The analysis plan's fixed lengths, in one place (evaluation/analysis_plan.yml states the same). -#}
{% macro episode_tail_days() -%}
    90
{%- endmacro %}


{% macro months_without_proposal() -%}
    12
{%- endmacro %}


{% macro extra_months_if_deferred() -%}
    6
{%- endmacro %}


{#- Two sides are compatible when equal, or when either is unknown or both sides. -#}
{% macro is_compatible_side(one, other) -%}
    (
        {{ one }} = {{ other }}
        or coalesce({{ one }}, '') in ('', 'bilateral')
        or coalesce({{ other }}, '') in ('', 'bilateral')
    )
{%- endmacro %}


{#- Numerator over denominator; unknown, never zero, without a denominator. -#}
{% macro ratio(numerator, denominator) -%}
    {{ numerator }} / nullif({{ denominator }}, 0)
{%- endmacro %}
