{#- The 25 diagnoses of a delivered claim row as the lateral table `coded`, one row each, in their order. -#}
{% macro diagnosis_positions(row) -%}
    lateral (
        values
        {%- for n in range(1, 26) %}
        ({{ n }}, {{ row }}.diagnosis_code_{{ n }}, {{ row }}.diagnosis_poa_{{ n }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as coded (code_position, diagnosis_code, present_on_admission)
{%- endmacro %}


{#- The 25 procedure codes of a delivered claim row as the lateral table `coded`, one row each. -#}
{% macro procedure_positions(row) -%}
    lateral (
        values
        {%- for n in range(1, 26) %}
        ({{ n }}, {{ row }}.procedure_code_{{ n }}, {{ row }}.procedure_date_{{ n }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as coded (code_position, procedure_code, procedure_date)
{%- endmacro %}
