{#- The part of an episode a claim line belongs to, by revenue centre, HCPCS II, modifier, bill type and place of
    service: no professional code is needed. First match wins, so every line has exactly one. -#}
{% macro cost_component(line) -%}
    case
        when
            {{ line }}.service_code ~ '^J[0-9]{4}$'
            or lpad({{ line }}.revenue_center_code, 4, '0') ~ '^0(25|63)'
            then 'drugs'
        when
            {{ line }}.service_code ~ '^(L8[0-9]{3}|C1[0-9]{3})$'
            or lpad({{ line }}.revenue_center_code, 4, '0') ~ '^027[4-8]'
            then 'implant'
        when
            {{ line }}.modifier_1 in ('AA', 'AD', 'QK', 'QX', 'QY', 'QZ')
            or {{ line }}.modifier_2 in ('AA', 'AD', 'QK', 'QX', 'QY', 'QZ')
            or lpad({{ line }}.revenue_center_code, 4, '0') ~ '^037'
            then 'anaesthesia'
        when
            ltrim({{ line }}.bill_type_code, '0') ~ '^(18|2|3|6)'
            or {{ line }}.place_of_service_code in ('12', '31', '32', '61', '62')
            then 'post_acute'
        when
            {{ line }}.claim_type = 'institutional'
            and (
                {{ line }}.admission_date is not null
                or {{ line }}.drg_code is not null
                or ltrim({{ line }}.bill_type_code, '0') ~ '^1[12]'
            )
            then 'facility_inpatient'
        when {{ line }}.claim_type = 'institutional' then 'facility_outpatient'
        else 'professional'
    end
{%- endmacro %}
