{#- Age in whole years as the band that every report uses. -#}
{% macro age_band(years) -%}
    case
        when {{ years }} is null or {{ years }} < 0 then 'unknown'
        when {{ years }} < 18 then '0-17'
        when {{ years }} < 35 then '18-34'
        when {{ years }} < 45 then '35-44'
        when {{ years }} < 55 then '45-54'
        when {{ years }} < 65 then '55-64'
        when {{ years }} < 75 then '65-74'
        else '75+'
    end
{%- endmacro %}
