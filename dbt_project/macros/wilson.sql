{#- Bounds of the Wilson score interval (95 %) of a share; null without observations. -#}
{% macro wilson_lower(numerator, denominator) -%}
    {{ wilson_bound(numerator, denominator, '-') }}
{%- endmacro %}


{% macro wilson_upper(numerator, denominator) -%}
    {{ wilson_bound(numerator, denominator, '+') }}
{%- endmacro %}


{% macro wilson_bound(numerator, denominator, sign) -%}
    {%- set z = '1.959963984540054::double precision' -%}
    {%- set n = 'nullif(' ~ denominator ~ ', 0)::double precision' -%}
    {%- set p = '(' ~ numerator ~ ' / ' ~ n ~ ')' -%}
    {#- greatest and least pass over nulls, so the empty denominator is asked for by name #}
    case when {{ n }} is not null then cast(
        least(
            1,
            greatest(
                0,
                (
                    {{ p }} + {{ z }} ^ 2 / (2 * {{ n }})
                    {{ sign }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ z }} ^ 2 / (4 * {{ n }} ^ 2))
                ) / (1 + {{ z }} ^ 2 / {{ n }})
            )
        ) as numeric(12, 8)
    ) end
{%- endmacro %}
