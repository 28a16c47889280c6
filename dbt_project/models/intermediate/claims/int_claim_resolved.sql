{#- Newest first, in a total order that does not know when a file arrived. -#}
{%- set newest_first -%}
    sender_sequence desc,
    adjudicated_date desc nulls last,
    adjustment_order desc,
    plaintext_sha256 desc,
    record_no desc,
    expansion_no desc
{%- endset -%}

with

context as (
    select * from {{ source('work', 'run_context') }}
),

claim_row as (
    select
        *,
        adjustment_type in ('void', 'reversal') as is_reversal,
        case adjustment_type
            when 'original' then 1
            when 'reversal' then 2
            when 'replacement' then 3
            when 'void' then 4
        end as adjustment_order
    from {{ ref('stg_medical_claim') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

numbered as (
    select
        claim_row.*,
        context.adjustments as style,
        row_number() over (
            partition by
                claim_row.claim_family_key,
                claim_row.claim_line_number,
                claim_row.claim_id,
                claim_row.sender_sequence,
                claim_row.adjustment_type,
                claim_row.adjudicated_date
            order by
                claim_row.plaintext_sha256 desc,
                claim_row.record_no desc,
                claim_row.expansion_no desc
        ) as copy_no
    from claim_row
    cross join context
),

-- one version delivered in two files counts once
version_line as (
    select
        *,
        bool_or(adjustment_type = 'original') over (partition by claim_family_key) as has_original,
        first_value(claim_id) over newest as last_claim_id,
        first_value(sender_sequence) over newest as last_sequence,
        first_value(is_reversal) over newest as is_last_reversal
    from numbered
    where copy_no = 1
    window newest as (
        partition by claim_family_key
        order by {{ newest_first }}
    )
),

-- candidate = a row that may stand for its line
judged as (
    select
        *,
        case style
            when 'replacement' then claim_id = last_claim_id and sender_sequence = last_sequence
            when 'reversal_pair' then not is_reversal
            else true
        end as is_candidate
    from version_line
),

ranked as (
    select
        *,
        row_number() over (
            partition by claim_family_key, claim_line_number
            order by is_candidate desc, {{ newest_first }}
        ) as line_rank,
        count(*) over line as version_count,
        bool_or(is_reversal) over line as has_reversal,
        sum(paid_amount) over line as net_paid_amount,
        sum(allowed_amount) over line as net_allowed_amount,
        sum(charge_amount) over line as net_charge_amount,
        sum(units) over line as net_units,
        count(units) over line as units_count
    from judged
    window line as (partition by claim_family_key, claim_line_number)
),

resolved as (
    select
        claim_family_key,
        claim_line_number,
        version_count,
        receipt_id,
        record_no,
        expansion_no,
        {% for amount in ['paid_amount', 'allowed_amount', 'charge_amount', 'units'] -%}
        cast(
            case when style = 'reversal_pair' then net_{{ amount }} else {{ amount }} end as numeric(18, 4)
        ) as {{ amount }},
        {% endfor -%}
        case
            when style = 'none' and is_reversal then 'voided'
            when style = 'none' then null
            when not has_original then 'held_orphan'
            when style = 'replacement' and is_last_reversal then 'voided'
            when style = 'replacement' and not is_candidate then 'superseded'
            when style = 'replacement' then null
            when not is_candidate then 'held_orphan'
            -- units decide only when every version states them
            when
                has_reversal
                and coalesce(net_allowed_amount, net_paid_amount, 0) = 0
                and (units_count < version_count or net_units = 0)
                then 'voided'
        end as exclusion_reason
    from ranked
    where line_rank = 1
)

select
    md5(claim_family_key || '|' || claim_line_number) as claim_line_key,
    *
from resolved
