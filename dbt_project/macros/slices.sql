{#- One-way slices of every case aggregate; each is a column of fct_second_opinion. -#}
{% macro case_slices() -%}
    {{ return([
        'delivery_mode', 'service_type', 'end_user', 'region', 'initiation', 'specialty',
        'condition_group', 'procedure_family', 'line_of_business', 'employer_group', 'age_band',
        'sex', 'ai_assisted', 'vendor_id',
    ]) }}
{%- endmacro %}


{#-
    Lateral list (slice, slice_value) of one row of fct_second_opinion, the total first.
    by_initiation: with the crossings of every slice with initiation too; a rate of opinions that patients asked for
    is not comparable with one of opinions that a payor ordered.
-#}
{% macro slice_values(relation, by_initiation=false) -%}
    {%- set initiation = "coalesce(nullif(" ~ relation ~ ".initiation, ''), 'unknown')" -%}
    (
        values
        ('total', 'all')
        {%- for slice in case_slices() %}
        {%- set value = "coalesce(nullif(" ~ relation ~ "." ~ slice ~ ", ''), 'unknown')" %},
        ('{{ slice }}', {{ value }})
        {%- if by_initiation and slice != 'initiation' %},
        ('initiation/{{ slice }}', {{ initiation }} || '/' || {{ value }})
        {%- endif %}
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


{#-
    Lateral rows (period_grain, period, slice, slice_value) as `cell`: every cell that counts one row of relation,
    by the quarter of day.
-#}
{% macro case_cells(relation, day, by_initiation=false) -%}
    lateral (
        select
            period.*,
            slice.*
        from {{ period_values(['quarter'], relation ~ '.' ~ day) }} as period (period_grain, period)
        cross join {{ slice_values(relation, by_initiation) }} as slice (slice, slice_value)
    ) as cell
{%- endmacro %}


{#-
    The headline row of an aggregate whose input is empty: it is printed even when there is nothing to count.
    relation: the aggregate so far; labels: its text columns in order; counts: its count columns in order.
-#}
{% macro headline_if_empty(relation, labels, counts) -%}
    select
        {%- for column, label in labels.items() %}
        '{{ label }}' as {{ column }},
        {%- endfor %}
        {%- for column in counts %}
        0 as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    where not exists (select 1 from {{ relation }})
{%- endmacro %}
