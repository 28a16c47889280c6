{#- True when one of the 25 procedure codes of a delivered claim row is filled. -#}
{% macro any_procedure_code(row) -%}
    coalesce(
        {%- for n in range(1, 26) %}
        {{ row }}.procedure_code_{{ n }} <> ''{{ " or" if not loop.last }}
        {%- endfor %},
        false
    )
{%- endmacro %}
