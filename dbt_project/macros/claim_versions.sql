{#- Newest first among the versions of a claim: all that the sender says of their order, and nothing else. Rows that
    tie are one version. -#}
{% macro version_order() -%}
    sender_sequence desc,
    adjudicated_date desc nulls last,
    depth desc,
    adjustment_order desc,
    file_date desc nulls last
{%- endmacro %}


{#- Newest first, in a total order that does not know when a file arrived. -#}
{% macro newest_first() -%}
    {{ version_order() }},
    claim_id desc,
    {{ row_order() }}
{%- endmacro %}


{#- Rows of one version of a line: deliveries of the same. -#}
{% macro delivery_key() -%}
    claim_family_key,
    claim_id,
    claim_line_number,
    sender_sequence,
    adjudicated_date,
    adjustment_type
{%- endmacro %}


{#- Any fixed order of rows that say the same. -#}
{% macro row_order() -%}
    plaintext_sha256 desc,
    record_no desc,
    expansion_no desc
{%- endmacro %}


{#- Everything a claim row says of the care and its money, as one hash: two rows that differ in it contradict. -#}
{% macro claim_content(row) -%}
    {%- set columns = [
        'person_key', 'claim_type', 'place_of_service_code', 'bill_type_code', 'revenue_center_code',
        'discharge_disposition_code', 'drg_code_type', 'drg_code', 'service_code',
        'diagnosis_code_type', 'procedure_code_type', 'billing_npi', 'rendering_npi', 'facility_npi',
        'paid_amount', 'allowed_amount', 'charge_amount', 'claim_paid_amount', 'claim_allowed_amount',
        'claim_charge_amount', 'units', 'currency_code', 'service_date', 'admission_date', 'discharge_date',
        'paid_date', 'claim_status', 'denial_code',
    ] -%}
    {%- for n in range(1, 6) %}{% do columns.append('modifier_' ~ n) %}{% endfor -%}
    {%- for n in range(1, 26) -%}
    {%- do columns.append('diagnosis_code_' ~ n) -%}
    {%- do columns.append('diagnosis_poa_' ~ n) -%}
    {%- do columns.append('procedure_code_' ~ n) -%}
    {%- do columns.append('procedure_date_' ~ n) -%}
    {%- endfor -%}
    md5(
        {%- for column in columns %}
        coalesce(cast({{ row }}.{{ column }} as text), ''){{ " || '|' ||" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{#- Amounts that a line states, and a claim as a whole (claim_<amount>). -#}
{% macro claim_amounts() -%}
    {{ return(['paid_amount', 'allowed_amount', 'charge_amount']) }}
{%- endmacro %}


{#- What a row adds in a reversal pair: a payor may send what it takes back without a sign. -#}
{% macro signed_amount(amount) -%}
    case
        when is_reversal and {{ payor_term('reversal_sign') }} = 'unsigned' then -abs({{ amount }})
        else {{ amount }}
    end
{%- endmacro %}


{#- One minor unit of the payor's currency: what a sum may be off by is less. -#}
{% macro smallest_amount() -%}
    power(cast(10 as numeric), -{{ payor_term('minor_units') }})
{%- endmacro %}


{#- Days an adjustment waits for its original before somebody is told, and before it is given up. -#}
{% macro days_until_warned() -%}
    30
{%- endmacro %}


{% macro days_until_given_up() -%}
    90
{%- endmacro %}
