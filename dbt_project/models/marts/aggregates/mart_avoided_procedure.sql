{%- set statuses = status_order()[1:] -%}
with

opinion as (
    select * from {{ ref('fct_second_opinion') }}
    where case_status = 'delivered'
),

decision as (
    select * from {{ ref('fct_procedure_decision') }}
),

-- the family slice is the proposal's own family, all others are the case's
described as (
    select
        opinion.delivered_date,
        opinion.maturity,
        {%- for slice in case_slices() if slice != 'procedure_family' %}
        opinion.{{ slice }},
        {%- endfor %}
        decision.procedure_family,
        decision.status,
        decision.is_avoided,
        decision.is_supported_not_performed,
        decision.is_performed_denied,
        decision.is_contralateral,
        decision.is_late_conversion,
        decision.late_conversion_date <= {{ add_months('decision.window_start', 24) }} as is_late_by_24,
        decision.status <> 'not_applicable' as is_proposed,
        decision.status not in ('not_applicable', 'unverifiable')
        and coalesce(decision.intent_evidence in ('E1', 'E2', 'E3'), false) as is_in_rate
    from decision
    inner join opinion
        on decision.case_key = opinion.case_key
),

decision_cell as (
    select
        cell.*,
        described.maturity,
        described.status,
        described.is_proposed,
        -- over all time the rates count closed quarters only; a single quarter shows its own state
        described.is_in_rate
        and (cell.period_grain <> 'all' or described.maturity = 'closed') as is_in_rate,
        described.is_avoided,
        described.is_supported_not_performed,
        described.is_performed_denied,
        described.is_contralateral,
        described.is_late_conversion,
        described.is_late_by_24
    from described
    cross join {{ case_cells('described', 'delivered_date') }}
),

counted as (
    select
        period_grain,
        period,
        slice,
        slice_value,
        min(maturity) as maturity,
        count(*) as decisions,
        count(*) filter (where is_proposed) as proposed,
        count(*) filter (where is_in_rate) as in_rate,
        count(*) filter (where is_in_rate and is_avoided) as avoided,
        count(*) filter (where is_in_rate and is_supported_not_performed) as supported_not_performed,
        count(*) filter (where is_proposed and is_performed_denied) as performed_denied,
        count(*) filter (where is_proposed and is_contralateral) as contralateral,
        count(*) filter (where is_proposed and is_late_conversion) as late_conversion_36,
        count(*) filter (where is_proposed and is_late_by_24) as late_conversion_24,
        count(*) filter (where status = 'not_applicable') as not_applicable
        {%- for status in statuses -%}
        ,
        count(*) filter (where status = '{{ status }}') as {{ status }}
        {%- endfor %}
    from decision_cell
    group by period_grain, period, slice, slice_value
),

-- the headline is printed even when there is nothing to count
complete as (
    select * from counted
    union all
    {{ headline_if_empty(
        'counted',
        {'period_grain': 'all', 'period': 'all', 'slice': 'total', 'slice_value': 'all', 'maturity': 'open'},
        ['decisions', 'proposed', 'in_rate', 'avoided', 'supported_not_performed', 'performed_denied', 'contralateral', 'late_conversion_36',
            'late_conversion_24', 'not_applicable'] + statuses
    ) }}
),

measured as (
    select
        complete.*,
        case when complete.period_grain = 'all' then measure.maturity_of_all else complete.maturity end as state,
        measure.measure,
        measure.numerator,
        measure.denominator
    from complete
    cross join lateral (
        values
        ('procedures_proposed', complete.proposed, cast(null as bigint), 'all'),
        ('status_not_applicable', complete.not_applicable, complete.decisions, 'all'),
        {%- for status in statuses %}
        ('status_{{ status }}', complete.{{ status }}, complete.proposed, 'all'),
        {%- endfor %}
        ('procedures_avoided', complete.avoided, complete.in_rate, 'closed'),
        ('supported_not_performed', complete.supported_not_performed, complete.in_rate, 'closed'),
        ('flag_performed_denied', complete.performed_denied, complete.proposed, 'all'),
        ('flag_contralateral', complete.contralateral, complete.proposed, 'all'),
        ('flag_late_conversion_36', complete.late_conversion_36, complete.proposed, 'all'),
        ('flag_late_conversion_24', complete.late_conversion_24, complete.proposed, 'all')
    ) as measure (measure, numerator, denominator, maturity_of_all)
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    measure,
    period_grain,
    period,
    slice,
    slice_value,
    cast(numerator as numeric(18, 4)) as numerator,
    cast(denominator as numeric(18, 4)) as denominator,
    cast(
        case when denominator is null then numerator else {{ ratio('cast(numerator as numeric)', 'denominator') }} end
        as numeric(28, 8)
    ) as value,
    cast({{ wilson_lower('numerator', 'denominator') }} as numeric(28, 8)) as lower,
    cast({{ wilson_upper('numerator', 'denominator') }} as numeric(28, 8)) as upper,
    cast('' as text) as evidence_grade,
    state as maturity,
    cast('' as text) as currency_code
from measured
