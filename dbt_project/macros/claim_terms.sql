{#-
    What the payor's file says of its claims, read from the run's context. Scalar subqueries: a join with the
    one-row context would spoil the planner's row counts.
-#}
{% macro payor_term(name) -%}
    (select {{ name }} from {{ source('work', 'run_context') }})
{%- endmacro %}


{#- The charge of such a row is the whole claim's and stands on each of its lines. -#}
{% macro is_charge_of_claim(row) -%}
    (
        {{ row }}.claim_type = 'institutional'
        and {{ payor_term('charge_level') }} = 'header_institutional'
    )
{%- endmacro %}


{#- Key of the claim id without the suffix that numbers its versions; null where the payor has no suffixes. -#}
{% macro suffix_base_key(claim_id) -%}
    case
        when {{ payor_term('claim_suffix') }} <> ''
            then {{ claim_key('regexp_replace(' ~ claim_id ~ ', ' ~ payor_term('claim_suffix') ~ ", '')") }}
    end
{%- endmacro %}


{#- Order of versions: the sender's number, else that of the claim id's suffix, else 0. -#}
{% macro version_number(row) -%}
    coalesce(
        nullif({{ row }}.sender_sequence, 0),
        case
            when {{ payor_term('claim_suffix') }} <> ''
                then cast(nullif(right(regexp_replace(
                    coalesce(substring({{ row }}.claim_id from {{ payor_term('claim_suffix') }}), ''),
                    '[^0-9]',
                    '',
                    'g'
                ), 9), '') as integer)
        end,
        0
    )
{%- endmacro %}


{#- Where care took place: a stay by its type of bill, its admission or its place of service, else outpatient. -#}
{% macro care_setting() -%}
    case
        when
            admission_date is not null
            or left(ltrim(bill_type_code, '0'), 2) in ('11', '12', '18', '41')
            or place_of_service_code in ('21', '51', '61')
            then 'inpatient'
        else 'outpatient'
    end
{%- endmacro %}
