with

claim_row as not materialized (
    {{ claim_rows() }}
),

family as (
    select * from {{ ref('int_claim_family') }}
),

review as (
    select * from {{ ref('int_claim_review') }}
),

version_row as (
    select
        review.claim_family_key,
        coalesce(linked.is_circular, false) as is_circular,
        coalesce(own.depth, 0) as depth,
        case claim_row.adjustment_type
            when 'original' then 1
            when 'reversal' then 2
            when 'replacement' then 3
            when 'void' then 4
        end as adjustment_order,
        claim_row.adjustment_type in ('void', 'reversal') as is_reversal,
        claim_row.claim_id,
        claim_row.claim_line_number,
        claim_row.person_key,
        claim_row.adjustment_type,
        claim_row.sender_sequence,
        claim_row.adjudicated_date,
        claim_row.file_date,
        claim_row.received_date,
        claim_row.paid_date,
        {% for amount in claim_amounts() -%}
        claim_row.{{ amount }},
        claim_row.claim_{{ amount }},
        {% endfor -%}
        claim_row.units,
        claim_row.plaintext_sha256,
        claim_row.receipt_id,
        claim_row.record_no,
        claim_row.expansion_no
    from claim_row
    left join family as linked
        on claim_row.claim_link_key = linked.claim_link_key
    left join family as own
        on claim_row.claim_own_key = own.claim_link_key
    inner join review
        on coalesce(linked.claim_family_key, claim_row.claim_link_key) = review.claim_family_key
),

-- one version of a line may come several times; its newest delivery speaks
delivered as (
    select
        *,
        row_number() over (
            partition by {{ delivery_key() }}
            order by file_date desc nulls last, {{ row_order() }}
        ) as copy_no,
        count(*) over (partition by {{ delivery_key() }}) as copies
    from version_row
),

-- only rows that come again are read whole
content as (
    select
        claim_row.receipt_id,
        claim_row.record_no,
        claim_row.expansion_no,
        {{ claim_content('claim_row') }} as content_hash
    from claim_row
    inner join delivered
        on
            claim_row.receipt_id = delivered.receipt_id
            and claim_row.record_no = delivered.record_no
            and claim_row.expansion_no = delivered.expansion_no
    where delivered.copies > 1
),

compared as (
    select
        delivered.*,
        content.content_hash,
        first_value(content.content_hash) over copy as newest_content,
        first_value(delivered.file_date) over copy as newest_file_date
    from delivered
    left join content
        on
            delivered.receipt_id = content.receipt_id
            and delivered.record_no = content.record_no
            and delivered.expansion_no = content.expansion_no
    window copy as (
        partition by
            delivered.claim_family_key,
            delivered.claim_id,
            delivered.claim_line_number,
            delivered.sender_sequence,
            delivered.adjudicated_date,
            delivered.adjustment_type
        order by delivered.copy_no
    )
)

select
    *,
    -- says otherwise than the row that stands, and nothing tells which is the newer
    coalesce(content_hash <> newest_content, false)
    and coalesce(file_date = newest_file_date, newest_file_date is null) as is_contradicted,
    dense_rank() over (
        partition by claim_family_key
        order by {{ version_order() }}
    ) as version_rank,
    dense_rank() over (
        partition by claim_family_key, claim_line_number
        order by {{ version_order() }}
    ) as line_version_rank
from compared
