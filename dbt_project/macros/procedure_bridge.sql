{#-
    Name of a code system as the bridge knows it: level I of HCPCS (its codes begin with a digit) is CPT and belongs to
    others, so that a bridge of level II never speaks for it.
-#}
{% macro procedure_system(system, code) -%}
    case when {{ system }} = 'hcpcs' and left({{ code }}, 1) between '0' and '9' then 'cpt' else {{ system }} end
{%- endmacro %}


{#- CTEs `bridge` (rows this payor may use) and `prefix_length` (lengths to cut a code to, so that joins are equal). -#}
{% macro procedure_bridge() -%}
    bridge as (
        select
            *,
            {{ procedure_system(clean_word('code_system'), clean_code('code_prefix')) }} as bridge_system,
            {{ clean_code('code_prefix') }} as bridge_prefix
        from {{ source('reference', 'procedure_code') }}
        where payor_id is null or payor_id = '{{ var("payor") }}'
    ),

    -- distinct: the lengths to cut a code to, so that the bridge is joined by equality
    prefix_length as (
        select distinct
            bridge_system,
            length(bridge_prefix) as prefix_length
        from bridge
    )
{%- endmacro %}


{#- The joins that give a row (code_system, procedure_code) its bridge rows. -#}
{% macro join_bridge(row) -%}
    inner join prefix_length
        on {{ row }}.code_system = prefix_length.bridge_system
    inner join bridge
        on
            prefix_length.bridge_system = bridge.bridge_system
            and prefix_length.prefix_length = length(bridge.bridge_prefix)
            and left({{ row }}.procedure_code, prefix_length.prefix_length) = bridge.bridge_prefix
{%- endmacro %}


{#- Whether a bridge row speaks for a code on a day. -#}
{% macro bridge_holds(code, day) -%}
    coalesce(right({{ code }}, 1) <> nullif(bridge.excluded_qualifier, ''), true)
        and {{ day }} >= coalesce(bridge.effective_from, {{ day }})
        and {{ day }} <= coalesce(bridge.effective_to, {{ day }})
{%- endmacro %}


{#- The payor's own row, then the longest prefix, speaks for a code. -#}
{% macro bridge_order() -%}
    bridge.payor_id asc nulls last,
                prefix_length.prefix_length desc,
                bridge.effective_from desc nulls last,
                bridge.code_release desc,
                bridge.extent_rank asc,
                bridge.laterality asc
{%- endmacro %}


{#- Whether one of the row's five modifiers has an effect (reference.modifier_rule). -#}
{% macro has_modifier(row, effect) -%}
    coalesce(
        array[{% for n in range(1, 6) %}{{ row }}.modifier_{{ n }}{{ ", " if not loop.last }}{% endfor %}]
        && (
            select array_agg(modifier)
            from {{ source('reference', 'modifier_rule') }}
            where effect = '{{ effect }}'
        ),
        false
    )
{%- endmacro %}
