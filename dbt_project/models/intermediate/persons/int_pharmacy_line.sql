with

context as (
    select * from {{ source('work', 'run_context') }}
),

pharmacy_row as not materialized (
    select * from {{ ref('stg_pharmacy_claim') }}
),

-- the whole claim is read even when only one of its persons is touched: its newest version decides
touched_claim as (
    select pharmacy_row.claim_id
    from pharmacy_row
    where {{ touched('pharmacy_row.person_key', 'int_work_person', 'person_key') }}
),

ranked as (
    select
        pharmacy_row.*,
        row_number() over (
            partition by pharmacy_row.claim_id, pharmacy_row.claim_line_number
            order by
                pharmacy_row.sender_sequence desc,
                pharmacy_row.plaintext_sha256 desc,
                pharmacy_row.record_no desc,
                pharmacy_row.expansion_no desc
        ) as line_rank,
        count(*) over (
            partition by pharmacy_row.claim_id, pharmacy_row.claim_line_number
        ) as version_count
    from pharmacy_row
    where pharmacy_row.claim_id in (select touched_claim.claim_id from touched_claim)
)

select
    ranked.payor_id,
    md5(ranked.payor_id || '|' || ranked.claim_id || '|' || ranked.claim_line_number) as pharmacy_line_key,
    ranked.claim_id,
    ranked.claim_line_number,
    ranked.person_key,
    ranked.ndc_code,
    ranked.dispensing_date,
    ranked.paid_date,
    ranked.quantity,
    ranked.days_supply,
    ranked.paid_amount,
    ranked.allowed_amount,
    ranked.charge_amount,
    coalesce(ranked.currency_code, context.currency_code) as currency_code,
    ranked.version_count
from ranked
cross join context
where
    ranked.line_rank = 1
    and {{ touched('ranked.person_key', 'int_work_person', 'person_key') }}
