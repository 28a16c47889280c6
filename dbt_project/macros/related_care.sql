{#- Diagnosis prefixes that belong to a family's care, as the CTE `related`. -#}
{% macro related_prefix() -%}
    -- distinct: one prefix may be listed in several code systems
    related as (
        select distinct
            family_id,
            {{ clean_code('code_prefix') }} as code_prefix
        from {{ source('reference', 'family_related') }}
        where role = 'related'
    )
{%- endmacro %}


{#- The diagnosis codes of some lines that belong to a family's care, as the CTE `related_code`; after `related`. -#}
{% macro related_code(lines) -%}
    -- distinct: the codes are few, so the prefixes are tried on each code once, not on each line
    seen_code as (
        select distinct diagnosis_code_1
        from {{ lines }}
    ),

    -- distinct: several prefixes of a family may match one code
    related_code as (
        select distinct
            related.family_id,
            seen_code.diagnosis_code_1
        from seen_code
        inner join related
            on left(seen_code.diagnosis_code_1, length(related.code_prefix)) = related.code_prefix
    )
{%- endmacro %}
