{#- Behaviour of a code of reference.diagnosis_code, in the words of reference.behaviour_change. -#}
{% macro behaviour_kind(code) -%}
    case
        when {{ code }}.code is null then null
        when {{ code }}.is_secondary_neoplasm then 'secondary'
        when {{ code }}.behaviour in ('uncertain', 'unspecified') then 'uncertain'
        when {{ code }}.behaviour <> '' then {{ code }}.behaviour
        when {{ code }}.is_symptom then 'symptom'
        else 'none'
    end
{%- endmacro %}
