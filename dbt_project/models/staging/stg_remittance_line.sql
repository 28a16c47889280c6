{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    source.claim_id,
    source.remittance_line_number,

    -- money
    source.paid_amount,
    cast(coalesce(
        source.allowed_amount,
        source.paid_amount
        + coalesce(source.deductible_amount, 0)
        + coalesce(source.coinsurance_amount, 0)
        + coalesce(source.copayment_amount, 0)
    ) as numeric(18, 4)) as allowed_amount,
    source.charge_amount,

    -- audit: of one claim of a remittance, the claim and its lines share receipt and record
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('remittance_line', {}) }}
