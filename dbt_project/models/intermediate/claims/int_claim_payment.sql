{#- A reversal takes back all that a remittance paid for the claim before; what follows it is what is paid now. So
    a corrected claim needs no sum over versions, and a reversal may leave out what it allowed. -#}
with

remittance as not materialized (
    select * from {{ ref('stg_remittance_claim') }}
),

family as (
    select * from {{ ref('int_claim_family') }}
),

-- union: two of the names may be the same
named as (
    {% for key in ['claim_link_key', 'npi_claim_key', 'tin_claim_key'] -%}
    select
        remittance.*,
        remittance.{{ key }} as claim_key
    from remittance
    where
        remittance.{{ key }} is not null
        and {{ touched('remittance.' ~ key, 'int_work_claim_family', 'claim_family_key') }}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

-- distinct: the names of one claim may lead to one family
payment as (
    select distinct
        coalesce(family.claim_family_key, named.claim_key) as claim_family_key,
        named.paid_amount,
        named.allowed_amount,
        named.charge_amount,
        named.adjustment_type,
        named.claim_status_code,
        named.trace_number,
        named.paid_date,
        named.sender_sequence,
        named.plaintext_sha256,
        named.receipt_id,
        named.record_no,
        named.expansion_no
    from named
    left join family
        on named.claim_key = family.claim_link_key
),

-- two payments of a remittance may say the same; the same remittance twice says nothing more
numbered as (
    select
        *,
        row_number() over (
            partition by
                claim_family_key, adjustment_type, claim_status_code, trace_number, paid_date,
                charge_amount, paid_amount, receipt_id
            order by record_no, expansion_no
        ) as place_in_file
    from payment
),

copied as (
    select
        *,
        row_number() over (
            partition by
                claim_family_key, adjustment_type, claim_status_code, trace_number, paid_date,
                charge_amount, paid_amount, place_in_file
            order by {{ row_order() }}
        ) as copy_no
    from numbered
),

ordered as (
    select
        *,
        adjustment_type in ('reversal', 'void') as is_reversal,
        row_number() over (
            partition by claim_family_key
            order by
                sender_sequence,
                paid_date nulls first,
                case adjustment_type when 'original' then 1 when 'reversal' then 2 when 'replacement' then 3 else 4 end,
                record_no,
                {{ row_order() }}
        ) as place
    from copied
    where copy_no = 1
),

placed as (
    select
        *,
        min(case when is_reversal then place end) over (partition by claim_family_key) as first_reversal,
        max(case when is_reversal then place end) over (partition by claim_family_key) as last_reversal,
        max(place) over (partition by claim_family_key) as last_place
    from ordered
)

select
    claim_family_key,
    receipt_id,
    record_no,
    place,
    adjustment_type,
    paid_date,
    cast(paid_amount as numeric(18, 4)) as paid_amount,
    cast(allowed_amount as numeric(18, 4)) as allowed_amount,
    place > coalesce(last_reversal, 0) as is_current,
    place < coalesce(first_reversal, last_place + 1) as is_opening,
    coalesce(place = first_reversal, false) as is_first_reversal,
    place = last_place as is_last
from placed
