{#-
    The case clock as the previous build left it, or nothing on the first build and on a full refresh.
    It is read as a source: the clock itself is built later in the same layer, from the work list.
-#}
{% macro previous_clock() -%}
    {%- set columns = [
        'case_key text', 'person_key uuid', 'next_change_date date', 'maturity text',
        'context_hash text', 'head_release_id bigint',
    ] -%}
    {%- set relation = adapter.get_relation(
        database=target.database, schema='work_' ~ var('payor'), identifier='int_case_clock'
    ) if execute and adapter is defined else none -%}
    {%- if relation is none or flags.FULL_REFRESH -%}
        select
            {%- for column in columns %}
            cast(null as {{ column.split(' ')[1] }}) as {{ column.split(' ')[0] }}{{ "," if not loop.last }}
            {%- endfor %}
        where false
    {%- else -%}
        select
            {%- for column in columns %}
            {{ column.split(' ')[0] }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ source('state', 'int_case_clock') }}
    {%- endif -%}
{%- endmacro %}
