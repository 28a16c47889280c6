{#- One-way slices of every case aggregate; each is a column of fct_second_opinion. -#}
{% macro case_slices() -%}
    {{ return([
        'delivery_mode', 'service_type', 'end_user', 'region', 'initiation', 'specialty',
        'condition_group', 'procedure_family', 'line_of_business', 'employer_group', 'age_band',
        'sex', 'ai_assisted', 'vendor_id',
    ]) }}
{%- endmacro %}


{#- Lateral list (slice, slice_value) of one row of fct_second_opinion, the total first. -#}
{% macro slice_values(relation) -%}
    (
        values
        ('total', 'all')
        {%- for slice in case_slices() %},
        ('{{ slice }}', coalesce(nullif({{ relation }}.{{ slice }}, ''), 'unknown'))
        {%- endfor %}
    )
{%- endmacro %}


{#- Lateral list (period_grain, period) a date belongs to: all time, then its quarter or month. -#}
{% macro period_values(grains, day) -%}
    (
        values
        ('all', 'all')
        {%- for grain in grains %},
        ('{{ grain }}', {{ quarter_label(day) if grain == 'quarter' else month_label(day) }})
        {%- endfor %}
    )
{%- endmacro %}
