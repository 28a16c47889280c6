{#- One build schema per payor, whatever a model's config says. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    work_{{ var('payor') }}
{%- endmacro %}
