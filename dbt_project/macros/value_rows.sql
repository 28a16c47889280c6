{#- Literal rows as a derived table; rows: lists of SQL expressions. -#}
{% macro value_rows(rows) -%}
    (
        values
        {%- for row in rows %}
        ({{ row | join(', ') }}){{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
