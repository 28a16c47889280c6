{#- The codes of one claim line, one row each, as the lateral table `coded`: where the code stands, its system, the code
    and the day it carries itself. line: a final-action line, row: the delivered row it was taken from. -#}
{% macro coded_positions(line, row) -%}
    lateral (
        values
        ('service', 1, {{ line }}.service_code_system, {{ line }}.service_code, cast(null as date)),
        ('drg', 1, coalesce({{ line }}.drg_code_type, 'ms-drg'), {{ line }}.drg_code, null)
        {%- for n in range(1, 26) %},
        ('procedure', {{ n }}, {{ line }}.procedure_code_system, {{ row }}.procedure_code_{{ n }}, {{ row }}.procedure_date_{{ n }})
        {%- endfor %}
    ) as coded (code_source, code_position, code_system, procedure_code, procedure_date)
{%- endmacro %}
