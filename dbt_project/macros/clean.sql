{#- A text column without surrounding blanks; empty becomes null. -#}
{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}


{#- A code as all code tables hold it: upper case, no dots, no spaces; empty becomes null. -#}
{% macro clean_code(column) -%}
    nullif(upper(replace(replace({{ column }}, '.', ''), ' ', '')), '')
{%- endmacro %}


{#- A value of a closed list or the name of a code system: lower case; empty becomes null. -#}
{% macro clean_word(column) -%}
    nullif(lower(trim({{ column }})), '')
{%- endmacro %}
