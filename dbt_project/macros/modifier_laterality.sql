{#- The side that a claim row's five modifiers tell: left, right, bilateral or '' for none. -#}
{% macro modifier_laterality(row) -%}
    {%- set modifiers -%}
        ({% for n in range(1, 6) %}{{ row }}.modifier_{{ n }}{{ ", " if not loop.last }}{% endfor %})
    {%- endset -%}
    case
        when '50' in {{ modifiers }} or ('LT' in {{ modifiers }} and 'RT' in {{ modifiers }}) then 'bilateral'
        when 'LT' in {{ modifiers }} then 'left'
        when 'RT' in {{ modifiers }} then 'right'
        else ''
    end
{%- endmacro %}
