{#- No WITH: PostgreSQL does not flatten a view that has one, and an increment would read the whole history. -#}
select
    -- ids: the payor's number of the claim, and the provider's under the payee's two identifiers
    cast('{{ var("payor") }}' as text) as payor_id,
    source.claim_link_key,
    source.npi_claim_key,
    source.tin_claim_key,
    source.claim_id,
    {{ clean_text('source.patient_control_number') }} as patient_control_number,

    -- money
    source.paid_amount,
    cast(coalesce(
        source.allowed_amount,
        -- what the patient owes may hold what nobody covers
        source.paid_amount + case
            when coalesce(source.deductible_amount, source.coinsurance_amount, source.copayment_amount) is null
                then coalesce(source.patient_responsibility_amount, 0)
            else
                coalesce(source.deductible_amount, 0)
                + coalesce(source.coinsurance_amount, 0)
                + coalesce(source.copayment_amount, 0)
        end
    ) as numeric(18, 4)) as allowed_amount,
    source.charge_amount,

    -- versions
    coalesce({{ clean_word('source.adjustment_type') }}, 'original') as adjustment_type,
    source.claim_status_code,
    {{ clean_text('source.trace_number') }} as trace_number,
    source.paid_date,
    coalesce(source.sender_sequence, 0) as sender_sequence,

    -- audit
    receipt.plaintext_sha256,
    source.receipt_id,
    source.record_no,
    source.expansion_no
from {{ delivered_rows('remittance_claim', {
    'claim_link_key': claim_link_key(),
    'npi_claim_key': provider_claim_key('payee_npi'),
    'tin_claim_key': provider_claim_key('payee_tin'),
}) }}
{{ join_receipt() }}
