{#- Whether the rates of a period rest on readings that agree too little; relation: work.agreement. -#}
{% macro low_reliability(relation, period) -%}
    exists (
        select 1
        from {{ relation }}
        where
            {{ relation }}.measure = 'gwet_ac1'
            and {{ relation }}.is_low_reliability
            and {{ period }} = {{ agreement_period(relation) }}
    )
{%- endmacro %}


{#- Whether too few cases of a period, or none, were read twice to say how far readers agree. -#}
{% macro reliability_unmeasured(relation, period) -%}
    not exists (
        select 1
        from {{ relation }}
        where
            {{ relation }}.measure = 'gwet_ac1'
            and {{ relation }}.is_enough
            and {{ period }} = {{ agreement_period(relation) }}
    )
{%- endmacro %}


{% macro agreement_period(relation) -%}
    case when {{ relation }}.period_grain = 'all' then 'all' else {{ quarter_label(relation ~ '.period') }} end
{%- endmacro %}
