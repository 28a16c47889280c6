{#- Changes this run works on: not yet published, and already there when the inputs were sealed. -#}
{% macro pending_change() -%}
    pending_change as (
        select * from {{ source('ops', 'change') }}
        where
            payor_id = '{{ var("payor") }}'
            and released_in is null
            and change_id <= (select change_high_water from {{ source('work', 'run_context') }})
    ),

    -- new reference data or code may change any row: everything is touched
    whole_change as (
        select count(*) > 0 as is_whole
        from pending_change
        where cause in ('reference', 'code')
    )
{%- endmacro %}
